using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Dinov2;
using Microsoft.ML.Eva.Backbones.Heads;
using Microsoft.ML.Eva.Backbones.Resnet;
using Microsoft.ML.Eva.Backbones.Vit;
using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Backbones;

/// <summary>What vision networks have beyond <see cref="GoldenModelTests"/>: pooled outputs, frozen statistics, heads, pictures of any size.</summary>
[Trait("Category", "Fixtures")]
public sealed class VisionModelTests
{
    public static TheoryData<string, string> Cases()
    {
        var data = new TheoryData<string, string>();
        foreach (var (folder, golden) in GoldenModel.Backbones().Where(item => item.Folder.EndsWith("/base", StringComparison.Ordinal) && IsVision(item.Folder)))
            data.Add(folder, golden);
        return data;
    }

    [Fact]
    public void Cases_CoverEveryFamily() =>
        Assert.Equal(["dinov2", "dinov2_with_registers", "resnet", "vit"], Cases().Select(c => Type((string)c[0])).Distinct().Order());

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_Base_GivesTheReferencesPooledOutputs(string folder, string goldenFile)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var golden = Fixture.Tensors(goldenFile);
        using var batch = GoldenModel.BatchOf(golden);
        using var network = GoldenModel.Load(folder, HeadKind.Auto, 2);

        var last = network.Backbone.Forward(batch, ForwardMode.Evaluation);

        Assert.Equal(network.Backbone is ResnetBackbone ? null : last.shape[1], network.Backbone.TokensPerRow(batch));
        if (network.Backbone is ResnetBackbone)
        {
            GoldenModel.AssertOutput(golden["pooler_output"], PlaceMeanHead.Pool(last).unsqueeze(-1).unsqueeze(-1), $"{folder}: pooler_output");
        }
        else
        {
            var prefix = network.Backbone is Dinov2Backbone dinov2 ? dinov2.PrefixTokens : VitBackbone.PrefixTokens;
            GoldenModel.AssertOutput(golden["cls_output"], last.select(1, 0), $"{folder}: cls_output");
            GoldenModel.AssertOutput(golden["patch_output"], last.narrow(1, prefix, last.shape[1] - prefix), $"{folder}: patch_output");
        }
        golden.Dispose();
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_Training_IsEvaluationWithoutDropout(string folder, string goldenFile)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var golden = Fixture.Tensors(goldenFile);
        using var batch = GoldenModel.BatchOf(golden);
        using var network = GoldenModel.Load(folder, HeadKind.Auto, 2, dropout: 0);
        using var generator = new Generator(1);

        // Batch normalisation keeps the statistics of pretraining, so a row does not depend on its neighbours.
        var last = network.Backbone.Forward(batch, ForwardMode.Training(generator));

        GoldenModel.AssertOutput(golden["last_hidden_state"], last, $"{folder}: last_hidden_state");
        golden.Dispose();
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_WithDropout_DependsOnTheGeneratorAlone(string folder, string goldenFile)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var golden = Fixture.Tensors(goldenFile);
        using var batch = GoldenModel.BatchOf(golden);
        using var network = GoldenModel.Load(folder, HeadKind.Auto, 2, dropout: 0.3);
        Tensor Run(ulong seed)
        {
            using var generator = new Generator(seed);
            return network.Backbone.Forward(batch, ForwardMode.Training(generator));
        }

        Assert.True(Run(5).equal(Run(5)).all().item<bool>());
        Assert.Equal(network.Backbone is ResnetBackbone, Run(5).equal(Run(6)).all().item<bool>()); // ResNet has no dropout
        golden.Dispose();
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_EveryHead_ReturnsOnlyItsResult(string folder, string goldenFile)
    {
        var golden = Fixture.Tensors(goldenFile);
        using var batch = GoldenModel.BatchOf(golden);
        foreach (var kind in Enum.GetValues<HeadKind>())
        {
            using var network = GoldenModel.Load(folder, kind, 3);
            using var scope = NewDisposeScope();
            using var logits = network.Forward(batch, ForwardMode.Evaluation);
            Assert.Equal([batch.RowCount, 3], logits.shape);
            Assert.Equal(1, scope.DisposablesCount);
        }
        golden.Dispose();
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_PicturesOfAnotherForm_IsAnError(string folder, string goldenFile)
    {
        _ = goldenFile;
        using var network = GoldenModel.Load(folder, HeadKind.Auto, 2);
        using var batch = new Batch { Inputs = zeros(2, 4, 64, 64) };

        var error = Assert.Throws<ArgumentException>(() => network.Forward(batch, ForwardMode.Evaluation));

        Assert.Contains("[2, 4, 64, 64]", error.Message);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void AdaptableLayers_PatchEmbedding_IsNotAdaptedByDefault(string folder, string goldenFile)
    {
        _ = goldenFile;
        using var network = GoldenModel.Load(folder, HeadKind.Auto, 2);

        var left = network.Backbone.AdaptableLayers.Where(layer => !layer.IsAdaptedByDefault).Select(layer => layer.Name);

        Assert.Equal(network.Backbone is ResnetBackbone ? [] : ["embeddings.patch_embeddings.projection"], left);
    }

    private static bool IsVision(string folder) => Type(folder) is "vit" or "dinov2" or "dinov2_with_registers" or "resnet";

    private static string Type(string folder) => Fixture.Json(folder, "config.json").GetProperty("model_type").GetString()!;
}
