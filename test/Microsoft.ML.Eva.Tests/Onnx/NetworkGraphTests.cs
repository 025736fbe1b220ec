using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Onnx;
using Microsoft.ML.Eva.Scoring;
using Microsoft.ML.Eva.Tests.Backbones;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Onnx;

/// <summary>Graphs of every family and head give in ONNX Runtime what the reference and our own networks give.</summary>
[Trait("Category", "Fixtures")]
public sealed class NetworkGraphTests
{
    private const double Tolerance = 1e-4;

    public static TheoryData<string, string> ClassifierCases() => Data(GoldenModel.Classifiers());

    public static TheoryData<string, string> BaseCases() => Data(GoldenModel.Backbones().Where(item => item.Folder.EndsWith("/base", StringComparison.Ordinal)));

    [Fact]
    public void Families_AreAllOfTextsAndPictures_AndAllOfThemAreTested()
    {
        string[] loaded = [.. ModelFamily.All.Keys.Except(["decision_transformer"]).Order(StringComparer.Ordinal)]; // which acts instead of scoring rows
        var tested = BaseCases().Select(item => Fixture.Json((string)item[0], "config.json").GetProperty("model_type").GetString()!).Distinct();

        Assert.Equal(loaded, NetworkGraph.Families.Order(StringComparer.Ordinal));
        Assert.Equal(loaded, tested.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(ClassifierCases))]
    public void Run_Classifier_GivesTheReferencesLogits(string folder, string goldenFile)
    {
        using var scope = NewDisposeScope();
        var golden = Fixture.Tensors(goldenFile);
        using var batch = GoldenModel.BatchOf(golden);
        using var network = GoldenModel.Load(folder, HeadKind.Auto, (int)golden["logits"].shape[1], takeOverHead: true);
        using var session = RuntimeSession.Of(GraphOf(network, batch));

        var outputs = session.Run(batch);

        Fixture.AssertClose(golden["logits"], outputs["logits"], Tolerance, $"{folder}: logits");
        Fixture.AssertClose(golden["logits"].softmax(-1), outputs["probabilities"], Tolerance, $"{folder}: probabilities");
        golden.Dispose();
    }

    [Theory]
    [MemberData(nameof(BaseCases))]
    public void Run_EveryHead_GivesOurLogits(string folder, string goldenFile)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var golden = Fixture.Tensors(goldenFile);
        using var batch = GoldenModel.BatchOf(golden);
        foreach (var kind in Enum.GetValues<HeadKind>())
        {
            using var network = GoldenModel.Load(folder, kind, 3);
            using var session = RuntimeSession.Of(GraphOf(network, batch));

            Fixture.AssertClose(network.Forward(batch, ForwardMode.Evaluation), session.Run(batch)["logits"], Tolerance, $"{folder}, {kind}");
        }
        golden.Dispose();
    }

    [Theory]
    [MemberData(nameof(BaseCases))]
    public void Run_OtherNumbersOfRowsAndTokens_TheSameGraphTakesThemAll(string folder, string goldenFile)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var golden = Fixture.Tensors(goldenFile);
        using var first = GoldenModel.BatchOf(golden);
        using var network = GoldenModel.Load(folder, HeadKind.Auto, 3);
        using var session = RuntimeSession.Of(GraphOf(network, first));
        var (rows, columns) = ((int)first.Inputs.shape[0], (int)first.Inputs.shape[1]);

        foreach (var count in new[] { 1, rows, 2 * rows + 1 })
            foreach (var tokens in network.Backbone.MaxTokens is { } most ? new[] { 1, Math.Min(columns, 3), most } : [columns])
            {
                using var batch = Resized(first, count, tokens);
                Fixture.AssertClose(network.Forward(batch, ForwardMode.Evaluation), session.Run(batch)["logits"], Tolerance, $"{folder}, {count} rows, {tokens} tokens");
            }
        golden.Dispose();
    }

    private static GraphBuilder GraphOf(Network network, Batch batch) => batch.Inputs.dim() == 4
        ? NetworkGraph.OfPictures(network, OutputKind.Classes, new PictureSize((int)batch.Inputs.shape[2], (int)batch.Inputs.shape[3]))
        : NetworkGraph.OfTexts(network, OutputKind.Classes, hasTokenTypes: batch.TokenTypes is not null);

    // Rows and tokens over again; of every second row, the last third is padding.
    private static Batch Resized(Batch batch, int rows, int tokens)
    {
        using var scope = NewDisposeScope();
        var chosen = arange(rows).remainder(batch.Inputs.shape[0]);
        if (batch.Inputs.dim() == 4)
            return new Batch { Inputs = batch.Inputs.index_select(0, chosen).DetachFromDisposeScope() };
        var places = arange(tokens).remainder(batch.Inputs.shape[1]);
        var mask = ones(rows, tokens, ScalarType.Int64);
        for (var row = 1; row < rows; row += 2)
            mask.index_put_(0, TensorIndex.Single(row), TensorIndex.Slice(tokens - tokens / 3));
        return new Batch
        {
            Inputs = Take(batch.Inputs),
            Mask = mask.DetachFromDisposeScope(),
            TokenTypes = batch.TokenTypes is { } types ? Take(types) : null,
        };

        Tensor Take(Tensor ids) => ids.index_select(0, chosen).index_select(1, places).DetachFromDisposeScope();
    }

    private static TheoryData<string, string> Data(IEnumerable<(string Folder, string Golden)> cases)
    {
        var data = new TheoryData<string, string>();
        foreach (var (folder, golden) in cases)
            data.Add(folder, golden);
        return data;
    }
}
