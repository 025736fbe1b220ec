using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Persistence;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Backbones.Resnet;

/// <summary>A fine-tuned ResNet's normalisations go into its convolutions: fewer operations, the same function.</summary>
[Trait("Category", "Fixtures")]
public sealed class FoldedNormalizationTests
{
    public static TheoryData<string, string> Cases()
    {
        var data = new TheoryData<string, string>();
        foreach (var (folder, golden) in GoldenModel.Classifiers().Where(item => item.Folder.Contains("resnet", StringComparison.Ordinal)))
            data.Add(folder, golden);
        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Fold_GivesTheReferencesLogits_AndKeepsConvolutionsAlone(string folder, string goldenFile)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var golden = Fixture.Tensors(goldenFile);
        using var batch = GoldenModel.BatchOf(golden);
        using var network = GoldenModel.Load(folder, HeadKind.Auto, (int)golden["logits"].shape[1], takeOverHead: true);
        Assert.Contains(network.Weights, weight => weight.Name.Contains("normalization", StringComparison.Ordinal));

        network.Backbone.FoldNormalizations();
        network.Backbone.FoldNormalizations(); // nothing is left to do

        GoldenModel.AssertOutput(golden["logits"], network.Forward(batch, ForwardMode.Evaluation), folder);
        Assert.DoesNotContain(network.Weights.Concat(network.Backbone.Constants), weight => weight.Name.Contains("normalization", StringComparison.Ordinal));
        Assert.Equal(2 * network.Backbone.AdaptableLayers.Count, network.Backbone.Weights.Count);
        golden.Dispose();
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Save_FoldedAndNot_GivesTheSameNetworkAgain(string folder, string goldenFile)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var golden = Fixture.Tensors(goldenFile);
        using var batch = GoldenModel.BatchOf(golden);
        foreach (var isFolded in new[] { false, true })
        {
            using var network = GoldenModel.Load(folder, HeadKind.Auto, 3);
            if (isFolded)
                network.Backbone.FoldNormalizations();
            var streams = new StreamsInMemory();
            ModelPackage.Write(streams, Manifest(network), network);

            using var read = ModelPackage.ReadNetwork(streams, ModelPackage.ReadManifest(streams), new Lazy<Device>(CPU));

            Assert.Equal(network.Weights.Select(weight => weight.Name), read.Weights.Select(weight => weight.Name));
            Assert.Equal(network.Forward(batch, ForwardMode.Evaluation).data<float>(), read.Forward(batch, ForwardMode.Evaluation).data<float>());
        }
        golden.Dispose();
    }

    [Fact]
    public void ScaleOutputs_UnderAnAdapter_IsRefused()
    {
        using var generator = new Generator(1);
        using var network = GoldenModel.Load(Cases().First()[0].ToString()!, HeadKind.Auto, 2);
        var plan = AdapterPlan.Create(new LoraOptions { Rank = 2 }, network.Backbone.AdaptableLayers);
        AdapterInjector.Seat(network, plan, new LoraOptions { Rank = 2, Initialization = new RandomOptions() }, null, generator);

        Assert.Contains("merge it first", Assert.Throws<InvalidOperationException>(network.Backbone.FoldNormalizations).Message);
    }

    private static ModelManifest Manifest(Network network) => new()
    {
        Task = ModelTasks.Name(ModelTasks.Image, LearningTask.Classification),
        Checkpoint = network.Checkpoint.Name,
        InputColumns = ["Image"],
        ScoreColumn = "Score",
        PredictedLabelColumn = "PredictedLabel",
        Head = HeadKind.Auto,
        Outputs = 3,
        Files = [],
        Weights = WeightFormat.Float32,
    };

    private sealed class StreamsInMemory : IModelStreamWriter, IModelStreamReader
    {
        private readonly Dictionary<string, byte[]> _streams = [];

        public void Write(string name, Action<Stream> write)
        {
            using var stream = new MemoryStream();
            write(stream);
            _streams[name] = stream.ToArray();
        }

        public bool Has(string name) => _streams.ContainsKey(name);

        public T Read<T>(string name, Func<Stream, T> read)
        {
            using var stream = new MemoryStream(_streams[name]);
            return read(stream);
        }
    }
}
