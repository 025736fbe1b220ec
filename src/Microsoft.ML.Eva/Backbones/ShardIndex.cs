using System.Text.Json;

namespace Microsoft.ML.Eva.Backbones;

/// <summary>The index of a checkpoint in several files: <c>{"weight_map": {tensor name: file name}}</c>.</summary>
internal sealed record ShardIndex(IReadOnlyList<string> Files, IReadOnlyList<string> Names)
{
    /// <summary>Reads it; a file name that could lead out of the folder is refused.</summary>
    public static ShardIndex Parse(JsonElement root, string source)
    {
        if (!root.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException($"{source} has no object 'weight_map'.");
        var files = new SortedSet<string>(StringComparer.Ordinal);
        var names = new List<string>();
        foreach (var entry in map.EnumerateObject())
        {
            var file = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString()! : "";
            if (file.AsSpan().ContainsAny("/\\:") || !file.EndsWith(".safetensors", StringComparison.Ordinal) || file.Any(char.IsControl))
                throw new InvalidDataException($"{source} puts tensor '{entry.Name}' into {entry.Value.GetRawText()}; it must be a .safetensors file of the same folder.");
            files.Add(file);
            names.Add(entry.Name);
        }
        return new ShardIndex([.. files], names);
    }
}
