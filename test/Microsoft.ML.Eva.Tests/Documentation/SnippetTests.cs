using System.Text.RegularExpressions;

namespace Microsoft.ML.Eva.Tests.Documentation;

/// <summary>Holds the code in the documentation to code that compiles.</summary>
public sealed class SnippetTests
{
    [Theory]
    [InlineData("checkpoints.md", "CheckpointSnippets.cs")]
    [InlineData("sweeps.md", "SweepSnippets.cs")]
    [InlineData("onnx.md", "OnnxSnippets.cs")]
    [InlineData("decision-making.md", "DecisionSnippets.cs")]
    [InlineData("generation.md", "GenerationSnippets.cs")]
    [InlineData("tasks.md", "TaskSnippets.cs")]
    [InlineData("moving-from-ml-net.md", "MovingSnippets.cs")]
    [InlineData("reports.md", "ReportSnippets.cs")]
    [InlineData("serving.md", "ServingSnippets.cs")]
    public void Document_EveryCodeBlock_IsCompiledHereWordForWord(string documentFile, string sourceFile)
    {
        var document = File.ReadAllText(Path.Combine(Fixture.RepositoryRoot, "docs", documentFile));
        var source = File.ReadAllText(Path.Combine(Fixture.RepositoryRoot, "test", "Microsoft.ML.Eva.Tests", "Documentation", sourceFile));

        var documented = Regex.Matches(document, "```csharp\n(.*?)```", RegexOptions.Singleline).Select(match => match.Groups[1].Value);
        var compiled = Regex.Matches(source, "^ +// snippet\n(.*?)^ +// end\n", RegexOptions.Singleline | RegexOptions.Multiline)
            .Select(match => Regex.Replace(match.Groups[1].Value, "^ {8}", "", RegexOptions.Multiline));

        Assert.NotEmpty(documented);
        Assert.Equal(compiled.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }
}
