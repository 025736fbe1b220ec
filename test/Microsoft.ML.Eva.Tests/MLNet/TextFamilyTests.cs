using Microsoft.ML.Eva.Tests.Backbones;
using static Microsoft.ML.Eva.Tests.MLNet.TinyData;

namespace Microsoft.ML.Eva.Tests.MLNet;

/// <summary>Every text family goes the whole way through the public API: EVA, training, merging, scoring, saving, loading.</summary>
[Trait("Category", "Fixtures")]
public sealed class TextFamilyTests
{
    private const int Count = 64;

    // The fixtures' vocabularies are tiny, so texts are short: what is longer than the position tables would be cut.
    private static readonly List<Row> ShortRows =
        [.. Enumerable.Range(0, Count).Select(i => new Row { Id = i, Text = $"{(i % 2 == 0 ? "good" : "bad")} {i / 2}", Label = i % 2 == 0 ? "good" : "bad" })];

    public static TheoryData<string> Families => [.. FamilyFolder.Models.Keys];

    [Theory]
    [MemberData(nameof(Families))]
    public void Fit_TinyCheckpointOfEachFamily_OverfitsAndIsSavedAndLoadedUnchanged(string modelType)
    {
        using var folder = new FamilyFolder(modelType);
        var ml = new MLContext(seed: 1);
        var data = ml.Data.LoadFromEnumerable(ShortRows);
        var options = TinyOptions(epochs: 10);
        (options.Checkpoint, options.Head) = (Checkpoint.FromFolder(folder.FullName), HeadKind.Auto);

        var model = ml.Pipeline(options).Fit(data);
        using var eva = model.Eva();

        var scored = model.Transform(data);
        Assert.True(ml.MulticlassClassification.Evaluate(scored).MicroAccuracy == 1, $"{modelType}: accuracy {ml.MulticlassClassification.Evaluate(scored).MicroAccuracy}, losses {string.Join(" ", eva.Report!.Losses)}");
        Assert.True(eva.Report!.EvaBatches > 0 && eva.Report.Ranks.Values.Sum() > 0);
        using var file = new MemoryStream();
        ml.Model.Save(model, data.Schema, file);
        var loaded = new MLContext().Model.Load(file, out _);
        using var loadedEva = loaded.Eva();
        Assert.Equal(scored.Scores(), loaded.Transform(data).Scores());
    }

    [Fact]
    public void Families_AreAllThere() =>
        Assert.Superset(new HashSet<string>(["bert", "roberta", "xlm-roberta", "distilbert", "electra", "mpnet", "deberta-v2", "modernbert", "gpt2"]), FamilyFolder.Models.Keys.ToHashSet());
}
