using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Onnx;
using Microsoft.ML.Eva.Scoring;
using Microsoft.ML.Eva.Tests.Backbones;
using Onnx;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Onnx;

/// <summary>The file itself: what it says of itself, how weights lie in it and beside it.</summary>
[Trait("Category", "Fixtures")]
public sealed class OnnxFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("eva-onnx-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string ModelPath => Path.Combine(_folder, "model.onnx");

    private string WeightsPath => Path.Combine(_folder, "weights");

    private (ModelProto Model, bool HasWeightsFile) Write(Network network, long largest = OnnxFile.LargestMessage)
    {
        using var scope = NewDisposeScope();
        var graph = NetworkGraph.OfTexts(network, OutputKind.Classes, hasTokenTypes: true);
        var isOutside = new OnnxFile(graph, "a name", new Dictionary<string, string> { ["key"] = "value ü" }).Write(ModelPath, WeightsPath, "weights", largest);
        return (ModelProto.Parser.ParseFrom(File.ReadAllBytes(ModelPath)), isOutside);
    }

    [Fact]
    public void Write_Model_SaysOpsetVersionAndMetadata()
    {
        using var network = GoldenModel.Load("models/bert/classifier", HeadKind.Auto, 3);

        var (model, _) = Write(network);

        Assert.Equal((8, 17), (model.IrVersion, Assert.Single(model.OpsetImport).Version));
        Assert.Equal(("", "Microsoft.ML.Eva", "a name"), (model.OpsetImport[0].Domain, model.ProducerName, model.Graph.Name));
        Assert.Equal(("key", "value ü"), (model.MetadataProps[0].Key, model.MetadataProps[0].Value));
        Assert.All(model.Graph.Node, node => Assert.Equal("", node.Domain));
        Assert.Equal(["input_ids", "attention_mask", "token_type_ids"], model.Graph.Input.Select(input => input.Name));
        Assert.Equal(["logits", "probabilities"], model.Graph.Output.Select(output => output.Name));
    }

    // DeBERTa-v3 sends distances through the projections of the tokens: those weights are used twice.
    [Theory]
    [InlineData("models/deberta-v2/base")]
    [InlineData("models/gpt2/base")]
    [InlineData("models/bert/base")]
    public void Write_Weights_EachIsThereOnceAndNothingElseIs(string folder)
    {
        using var network = GoldenModel.Load(folder, HeadKind.Mean, 3);

        var (model, _) = Write(network);

        var weights = model.Graph.Initializer.Where(item => item.DataType == (int)TensorProto.Types.DataType.Float && item.Dims.Count > 0).Select(item => item.Name).ToList();
        Assert.Equal(weights.Distinct(), weights);
        Assert.Empty(weights.Except(network.Weights.Select(weight => weight.Name)));
        Assert.Equal(model.Graph.Node.SelectMany(node => node.Input).Intersect(weights).Order(StringComparer.Ordinal), weights.Order(StringComparer.Ordinal));
        Assert.Equal(model.Graph.Node.Count, model.Graph.Node.Select(node => node.Name).Distinct().Count());
    }

    [Fact]
    public void Write_OfHalfPrecision_HoldsFloat32()
    {
        using var network = GoldenModel.Load("models/bert-bf16/classifier", HeadKind.Auto, 3);

        var (model, _) = Write(network);

        var words = model.Graph.Initializer.Single(item => item.Name == "embeddings.word_embeddings.weight");
        Assert.Equal((int)TensorProto.Types.DataType.Float, words.DataType);
        Assert.Equal(words.Dims.Aggregate(4L, (a, b) => a * b), words.RawData.Length);
    }

    [Fact]
    public void Write_MoreThanAFileHolds_PutsWeightsBesideWithTheSameOutputs()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var network = GoldenModel.Load("models/bert/base", HeadKind.Mean, 3);
        using var batch = new Batch { Inputs = tensor(new long[] { 2, 3, 4, 5, 6, 7 }, [2, 3]) };
        var whole = Write(network);
        var length = new FileInfo(ModelPath).Length;
        Assert.False(whole.HasWeightsFile);
        Assert.False(File.Exists(WeightsPath));

        var (model, isOutside) = Write(network, largest: length - 1);

        Assert.True(isOutside);
        var outside = model.Graph.Initializer.Where(item => item.DataLocation == TensorProto.Types.DataLocation.External).ToList();
        Assert.NotEmpty(outside);
        Assert.All(outside, item => Assert.Equal("weights", item.ExternalData.Single(entry => entry.Key == "location").Value));
        Assert.All(outside, item => Assert.Equal(0, long.Parse(item.ExternalData.Single(entry => entry.Key == "offset").Value) % 4096));
        Assert.True(new FileInfo(ModelPath).Length + new FileInfo(WeightsPath).Length > length);
        using var session = new RuntimeSession(ModelPath);
        Fixture.AssertClose(network.Forward(batch, ForwardMode.Evaluation), session.Run(batch)["logits"], 1e-4, "weights beside the model");
    }

    [Fact]
    public void OfTexts_AdaptersInTheirSeats_IsRefused()
    {
        using var network = GoldenModel.Load("models/bert/base", HeadKind.Mean, 3);
        network.Backbone.AdaptableLayers[0].Adapter = new NoAdapter(network.Backbone.AdaptableLayers[0]);

        var message = Assert.Throws<InvalidOperationException>(() => NetworkGraph.OfTexts(network, OutputKind.Classes, hasTokenTypes: true)).Message;

        Assert.Contains("not merged", message);
    }

    private sealed class NoAdapter(AdaptableLayer layer) : LayerAdapter(layer)
    {
        public override IReadOnlyList<Weight> Weights => [];

        public override Tensor Forward(Tensor x, ForwardMode mode) => Layer.Base(x, mode);

        public override (Tensor Weight, Tensor? Bias) Merge() => (Layer.Weight.Value.clone(), null);
    }
}
