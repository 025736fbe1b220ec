using GlueClassification.Reading;

namespace Microsoft.ML.Eva.Tests.Samples;

/// <summary>The sample's data must measure something: balanced, and nothing of the test rows in the training rows.</summary>
public class IntentsDataTests
{
    private static readonly IReadOnlyList<Example> Train = Read("intents-train.csv");
    private static readonly IReadOnlyList<Example> Test = Read("intents-test.csv");

    [Fact]
    public void Intents_AreTheSameAndEquallyFrequentInBothFiles()
    {
        Assert.Equal(Train.Select(row => row.Label).Distinct().Order(), Test.Select(row => row.Label).Distinct().Order());
        Assert.Single(Train.CountBy(row => row.Label).Select(count => count.Value).Distinct());
        Assert.Single(Test.CountBy(row => row.Label).Select(count => count.Value).Distinct());
    }

    [Fact]
    public void Messages_AreDistinct()
    {
        var words = Train.Concat(Test).Select(row => string.Join(' ', Words(row.Text).Order())).ToList();
        Assert.Equal(words.Count, words.Distinct().Count());
    }

    [Fact]
    public void TestMessages_AreNoNearCopiesOfTrainingMessages()
    {
        var known = Train.Select(row => Words(row.Text)).ToList();
        Assert.All(Test, row =>
        {
            var words = Words(row.Text);
            Assert.All(known, other => Assert.True(words.Intersect(other).Count() < 0.6 * words.Union(other).Count(), row.Text));
        });
    }

    private static HashSet<string> Words(string text) =>
        [.. text.ToLowerInvariant().Split((char[])[.. text.Where(c => !char.IsLetter(c)).Distinct()], StringSplitOptions.RemoveEmptyEntries)];

    private static IReadOnlyList<Example> Read(string name) =>
        TableReader.Read(Path.Combine(Fixture.RepositoryRoot, "samples", "GlueClassification", "data", name), "Text", null, "Intent");
}
