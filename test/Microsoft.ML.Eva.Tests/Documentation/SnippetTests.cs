using System.Text.RegularExpressions;

namespace Microsoft.ML.Eva.Tests.Documentation;

/// <summary>Holds the code in the documentation to code that compiles.</summary>
public sealed class SnippetTests
{
    public static readonly TheoryData<string, string> Documents = new()
    {
        { "README.md", "ReadmeSnippets.cs" },
        { "docs/checkpoints.md", "CheckpointSnippets.cs" },
        { "docs/sweeps.md", "SweepSnippets.cs" },
        { "docs/onnx.md", "OnnxSnippets.cs" },
        { "docs/decision-making.md", "DecisionSnippets.cs" },
        { "docs/tasks.md", "TaskSnippets.cs" },
        { "docs/moving-from-ml-net.md", "MovingSnippets.cs" },
        { "docs/generation.md", "GenerationSnippets.cs" },
        { "docs/image-classification.md", "ImageSnippets.cs" },
        { "docs/performance.md", "PerformanceSnippets.cs" },
        { "docs/reports.md", "ReportSnippets.cs" },
        { "docs/serving.md", "ServingSnippets.cs" },
    };

    [Fact]
    public void Documents_WithCode_AreAllHeldToIt()
    {
        var root = Fixture.RepositoryRoot;
        var withCode = Directory.EnumerateFiles(Path.Combine(root, "docs"), "*.md", SearchOption.AllDirectories).Append(Path.Combine(root, "README.md"))
            .Where(file => File.ReadAllText(file).Contains("```csharp", StringComparison.Ordinal))
            .Select(file => Path.GetRelativePath(root, file).Replace('\\', '/'));

        Assert.Equal(Documents.Select(row => (string)row[0]).Order(StringComparer.Ordinal), withCode.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Document_EveryCodeBlock_IsCompiledHereWordForWord(string documentFile, string sourceFile)
    {
        var document = File.ReadAllText(Path.Combine(Fixture.RepositoryRoot, documentFile));
        var source = File.ReadAllText(Path.Combine(Fixture.RepositoryRoot, "test", "Microsoft.ML.Eva.Tests", "Documentation", sourceFile));

        var documented = Regex.Matches(document, "```csharp\n(.*?)```", RegexOptions.Singleline).Select(match => match.Groups[1].Value);
        var compiled = Regex.Matches(source, "^ +// snippet\n(.*?)^ +// end\n", RegexOptions.Singleline | RegexOptions.Multiline)
            .Select(match => Regex.Replace(match.Groups[1].Value, "^ {8}", "", RegexOptions.Multiline));

        Assert.NotEmpty(documented);
        Assert.Equal(compiled.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }
}
