using System.Text.RegularExpressions;

namespace Microsoft.ML.Eva.Tests;

/// <summary>Holds the rule of DESIGN: references between the library's folders go one way.</summary>
public sealed class LayeringTests
{
    // Each folder may use those before it, except where noted.
    private static readonly string[] Order = ["Options", "Tensors", "TextMetrics", "Hub", "Data", "Backbones", "Reporting", "Adapters", "Eva", "Training", "Sweeps", "Scoring", "Onnx", "Generation", "Persistence", "MLNet", "Fitting"];
    private static readonly (string From, string To)[] Strangers = [("Training", "Eva"), ("Sweeps", "Eva"), ("Data", "Hub"), ("Reporting", "Backbones"), ("Reporting", "Data")];

    [Fact]
    public void Folders_UseOnlyFoldersBeforeThem()
    {
        var source = Path.Combine(Fixture.RepositoryRoot, "src", "Microsoft.ML.Eva");
        var faults = new List<string>();
        var edges = 0;
        foreach (var file in Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories))
        {
            var folder = Path.GetRelativePath(source, file).Split(Path.DirectorySeparatorChar)[0];
            if (!Order.Contains(folder))
                continue; // the root sees everything
            foreach (var used in UsedFolders(File.ReadAllText(file)).Where(used => used != folder))
            {
                edges++;
                if (Array.IndexOf(Order, used) > Array.IndexOf(Order, folder) || Strangers.Contains((folder, used)))
                    faults.Add($"{Path.GetRelativePath(source, file)} uses {used}");
            }
        }

        Assert.True(edges > 20, "The test no longer finds references.");
        Assert.Empty(faults);
    }

    [Fact]
    public void SourceFolders_AllHaveAPlaceInTheOrder()
    {
        var source = Path.Combine(Fixture.RepositoryRoot, "src", "Microsoft.ML.Eva");

        var folders = Directory.EnumerateDirectories(source).Select(Path.GetFileName).Except(["bin", "obj"]);

        Assert.Empty(folders.Except(Order));
    }

    [Fact]
    public void InternalsOfMLNet_AreTouchedInMLNetFittingAndRootOnly()
    {
        var source = Path.Combine(Fixture.RepositoryRoot, "src", "Microsoft.ML.Eva");
        var internals = new Regex(@"\b(ModelLoadContext|VersionInfo|IHostEnvironmentInternal|AnnotationUtils|BinarySaver|CatalogUtils|SaveBinaryStream)\b");

        var faults = Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories)
            .Select(file => (Path: Path.GetRelativePath(source, file), Text: File.ReadAllText(file)))
            .Where(file => file.Path.Contains(Path.DirectorySeparatorChar) && !file.Path.StartsWith("MLNet") && !file.Path.StartsWith("Fitting") && !file.Path.StartsWith("obj") && internals.IsMatch(file.Text))
            .Select(file => file.Path);

        Assert.Empty(faults);
    }

    private static IEnumerable<string> UsedFolders(string text) =>
        Regex.Matches(text, @"Microsoft\.ML\.Eva\.(\w+)").Select(match => match.Groups[1].Value).Where(Order.Contains).Distinct();
}
