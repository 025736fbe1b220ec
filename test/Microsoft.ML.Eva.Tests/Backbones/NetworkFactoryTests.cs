using System.Text;
using System.Text.Json;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Backbones;

[Trait("Category", "Fixtures")]
public sealed class NetworkFactoryTests
{
    [Theory]
    [InlineData("""{"pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true}""", HeadKind.Mean)]
    [InlineData("""{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}""", HeadKind.Cls)]
    [InlineData(null, HeadKind.Pooler)]
    public void KindOf_PoolingFile_Decides(string? pooling, HeadKind expected)
    {
        var content = WithPooling(pooling);

        Assert.Equal(expected, NetworkFactory.KindOf(content));

        content.Release();
    }

    [Theory]
    [InlineData("""{"pooling_mode_max_tokens": true}""", "max_tokens")]
    [InlineData("""{"pooling_mode_mean_tokens": true, "pooling_mode_cls_token": true}""", "mean_tokens, cls_token")]
    [InlineData("[]", "pooling")]
    [InlineData("{", "not JSON")]
    public void KindOf_UnknownPooling_NamesIt(string pooling, string fault)
    {
        var content = WithPooling(pooling);

        var e = Assert.Throws<InvalidDataException>(() => NetworkFactory.KindOf(content));

        Assert.Contains(fault, e.Message);
        content.Release();
    }

    [Fact]
    public void Create_PoolerHeadWithoutPooler_SaysWhichHeadToChoose()
    {
        foreach (var item in Fixture.Cases("base_manifest.json", "model variant").Where(c => c.GetProperty("name").GetString()!.EndsWith("no-pooler", StringComparison.Ordinal)))
        {
            var e = Assert.Throws<InvalidDataException>(() => GoldenModel.Load(item.GetProperty("folder").GetString()!, HeadKind.Pooler, 2));

            Assert.Contains("HeadKind.Mean", e.Message);
        }
    }

    [Fact]
    public void Create_NewHead_IsDrawnFromTheGenerator()
    {
        using var scope = NewDisposeScope();
        var content = CheckpointFolder.Read(Fixture.PathTo("models", "bert", "base"), CPU);
        var deviation = content.Config.GetProperty("initializer_range").GetDouble();
        using var one = Create(content, seed: 1, outputs: 400);
        using var again = Create(content, seed: 1, outputs: 400);
        using var other = Create(content, seed: 2, outputs: 400);
        content.Release();

        Assert.Equal(["classifier.weight", "classifier.bias"], one.Head.Weights.Select(weight => weight.Name));
        var (weight, bias) = (one.Head.Weights[0].Value, one.Head.Weights[1].Value);
        Assert.InRange(weight.std().item<float>(), 0.95 * deviation, 1.05 * deviation);
        Assert.Equal(0, bias.abs().max().item<float>());
        Assert.True(weight.equal(again.Head.Weights[0].Value).all().item<bool>());
        Assert.False(weight.equal(other.Head.Weights[0].Value).all().item<bool>());
    }

    [Fact]
    public void Create_TakeOverHead_KeepsItOnlyWhereTheClassesMatch()
    {
        foreach (var (folder, classes) in Classifiers())
        {
            using var taken = GoldenModel.Load(folder, HeadKind.Pooler, classes, takeOverHead: true);
            using var otherCount = GoldenModel.Load(folder, HeadKind.Pooler, classes + 1, takeOverHead: true);
            using var notAsked = GoldenModel.Load(folder, HeadKind.Pooler, classes);

            Assert.All(taken.Head.Weights, weight => Assert.False(weight.IsOwned, $"{folder}: {weight.Name}"));
            Assert.Contains(otherCount.Head.Weights, weight => weight.IsOwned && weight.Value.shape[0] == classes + 1);
            Assert.Contains(notAsked.Head.Weights, weight => weight.IsOwned);
        }
    }

    [Theory]
    [MemberData(nameof(GoldenModelTests.ClassifierCases), MemberType = typeof(GoldenModelTests))]
    public void Forward_Training_DropsByItsOwnGeneratorOnly(string folder, string goldenFile)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var golden = Fixture.Tensors(goldenFile);
        using var batch = GoldenModel.BatchOf(golden);
        if (batch.Mask is null)
            return; // pictures are tested elsewhere
        using var network = GoldenModel.Load(folder, HeadKind.Pooler, 2, dropout: 0.2);
        using var none = GoldenModel.Load(folder, HeadKind.Pooler, 2, dropout: 1e-12);

        var evaluated = network.Forward(batch, ForwardMode.Evaluation);

        Assert.True(Train(network, 1).equal(Train(network, 1)).all().item<bool>(), $"{folder}: same seed");
        Assert.False(Train(network, 1).equal(Train(network, 2)).all().item<bool>(), $"{folder}: other seed");
        GoldenModel.AssertOutput(evaluated, Train(none, 1), $"{folder}: the step by step attention");
        golden.Dispose();

        Tensor Train(Network model, ulong seed)
        {
            using var generator = new Generator(seed);
            return model.Forward(batch, ForwardMode.Training(generator));
        }
    }

    [Theory]
    [MemberData(nameof(GoldenModelTests.BackboneCases), MemberType = typeof(GoldenModelTests))]
    public void Forward_UnpaddedRow_EqualsTheRowInABatch(string folder, string goldenFile)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var golden = Fixture.Tensors(goldenFile);
        using var batch = GoldenModel.BatchOf(golden);
        if (batch.Mask is null || batch.Mask.select(1, 0).min().item<long>() == 0)
            return; // pictures have no padding; rows padded on the left have other positions alone
        using var network = GoldenModel.Load(folder, HeadKind.Mean, 2);
        using var together = network.Backbone.Forward(batch, ForwardMode.Evaluation);
        for (var row = 0; row < batch.RowCount; row++)
        {
            var length = batch.Mask[row].sum().item<long>();
            using var alone = new Batch
            {
                Inputs = batch.Inputs.narrow(0, row, 1).narrow(1, 0, length).DetachFromDisposeScope(),
                TokenTypes = batch.TokenTypes?.narrow(0, row, 1).narrow(1, 0, length).DetachFromDisposeScope(),
            };

            using var output = network.Backbone.Forward(alone, ForwardMode.Evaluation);

            GoldenModel.AssertOutput(together.narrow(0, row, 1).narrow(1, 0, length), output, $"{folder}: row {row}");
        }
        golden.Dispose();
    }

    [Fact]
    public void Forward_TooManyTokens_SaysHowManyAreAllowed()
    {
        using var network = GoldenModel.Load("models/roberta/base", HeadKind.Mean, 2);
        using var batch = new Batch { Inputs = ones([1, network.Backbone.MaxTokens!.Value + 1], ScalarType.Int64).DetachFromDisposeScope() };

        var e = Assert.Throws<ArgumentException>(() => network.Backbone.Forward(batch, ForwardMode.Evaluation));

        Assert.Contains($"at most {network.Backbone.MaxTokens}", e.Message);
    }

    [Fact]
    public void Create_SavedModelWithoutItsHead_NamesTheTensor()
    {
        var content = CheckpointFolder.Read(Fixture.PathTo("models", "bert", "base"), CPU);

        var e = Assert.Throws<InvalidDataException>(() => NetworkFactory.Create(content, HeadKind.Mean, 2, initialization: null, takeOverHead: true));

        Assert.Contains("classifier.weight", e.Message);
        content.Release();
    }

    [Fact]
    public void Create_TestBases_Load()
    {
        foreach (var folder in Directory.EnumerateDirectories(Fixture.PathTo("bases")))
            GoldenModel.Load(folder, HeadKind.Auto, 2).Dispose();
    }

    private static IEnumerable<(string Folder, int Classes)> Classifiers() =>
        from item in Fixture.Cases("base_manifest.json", "model")
        let folder = $"{item.GetProperty("folder").GetString()}/classifier"
        where Directory.Exists(Fixture.PathTo(folder))
        select (folder, item.GetProperty("labels").GetInt32());

    private static Network Create(CheckpointContent content, ulong seed, int outputs)
    {
        using var generator = new Generator(seed);
        return NetworkFactory.Create(content, HeadKind.Mean, outputs, generator);
    }

    private static CheckpointContent WithPooling(string? json) => new()
    {
        Name = "test",
        Config = JsonDocument.Parse("{}").RootElement,
        Tensors = new Dictionary<string, Tensor>(),
        Files = json is null ? new Dictionary<string, byte[]>() : new() { [NetworkFactory.PoolingFile] = Encoding.UTF8.GetBytes(json) },
    };
}
