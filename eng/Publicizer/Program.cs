// Makes a copy of an assembly whose types, methods and fields are all public, to compile against.
// Why: saving a transformer with mlContext.Model needs members that ML.NET keeps internal (see docs/decisions/mlnet-internals.md).
// Usage: Publicizer OUTPUT_FOLDER ASSEMBLY...
using Mono.Cecil;

var outputFolder = args[0];
Directory.CreateDirectory(outputFolder);
foreach (var path in args[1..])
{
    using var resolver = new DefaultAssemblyResolver();
    resolver.AddSearchDirectory(Path.GetDirectoryName(path));
    using var assembly = AssemblyDefinition.ReadAssembly(path, new ReaderParameters { AssemblyResolver = resolver });
    foreach (var type in assembly.MainModule.GetTypes())
    {
        if (type.IsNested)
            type.IsNestedPublic = true;
        else
            type.IsPublic = true;
        // An event's backing field has the event's name: made public, the two would be ambiguous.
        var events = type.Events.Select(e => e.Name).ToHashSet();
        foreach (var field in type.Fields.Where(f => !events.Contains(f.Name)))
            field.IsPublic = true;
        foreach (var method in type.Methods.Where(m => !m.IsVirtual || m.IsNewSlot && !m.IsPrivate))
            method.IsPublic = true;
    }
    assembly.Write(Path.Combine(outputFolder, Path.GetFileName(path)));
}
