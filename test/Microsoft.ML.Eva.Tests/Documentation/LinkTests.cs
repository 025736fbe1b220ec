using System.Text.RegularExpressions;

namespace Microsoft.ML.Eva.Tests.Documentation;

/// <summary>Holds the links between the documents to what is there.</summary>
public sealed class LinkTests
{
    [Fact]
    public void Links_ToFilesAndHeadings_AreThere()
    {
        var documents = Directory.EnumerateFiles(Fixture.RepositoryRoot, "*.md").Concat(Directory.EnumerateFiles(Path.Combine(Fixture.RepositoryRoot, "docs"), "*.md", SearchOption.AllDirectories)).ToList();
        var broken = new List<string>();
        var count = 0;
        foreach (var document in documents)
            foreach (var target in Targets(File.ReadAllText(document)).Where(target => !target.Contains("://") && !target.StartsWith("mailto:", StringComparison.Ordinal)))
            {
                count++;
                var (path, heading) = target.Split('#', 2) is [var file, var part] ? (file, part) : (target, "");
                var full = path.Length == 0 ? document : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(document)!, path));
                if (!File.Exists(full) && !Directory.Exists(full))
                    broken.Add($"{Path.GetRelativePath(Fixture.RepositoryRoot, document)}: {target}");
                else if (heading.Length > 0 && !Headings(File.ReadAllText(full)).Contains(heading))
                    broken.Add($"{Path.GetRelativePath(Fixture.RepositoryRoot, document)}: no heading {target}");
            }

        Assert.True(count > 10, "The test no longer finds links.");
        Assert.Empty(broken);
    }

    private static IEnumerable<string> Targets(string text) =>
        Regex.Matches(Regex.Replace(text, "```.*?```", "", RegexOptions.Singleline), @"!?\[[^\]]*\]\(([^)\s]+)\)").Select(match => match.Groups[1].Value);

    // As GitHub makes anchors of headings.
    private static IEnumerable<string> Headings(string text) => Regex.Matches(text, "^#+ +(.+?)\\s*$", RegexOptions.Multiline)
        .Select(match => Regex.Replace(match.Groups[1].Value.ToLowerInvariant(), @"[^\p{L}\p{N}\- _]", "").Replace(' ', '-'));
}
