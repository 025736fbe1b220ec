using System.Reflection;
using Microsoft.ML.Eva.Backbones;
using static Microsoft.ML.Eva.Tests.MLNet.TinyData;

namespace Microsoft.ML.Eva.Tests.MLNet;

/// <summary>Models whose adapters are not merged: the same scores, one backbone for all.</summary>
public sealed class SeparateAdapterTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly string _folder = Directory.CreateTempSubdirectory("eva-separate-").FullName;

    public static TheoryData<string> Names => [.. Methods.All.Keys];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public void Fit_NotMerged_ScoresSavesAndWritesLikeTheMergedModel(string method)
    {
        using var merged = Fit(method, merges: true);
        using var separate = Fit(method, merges: false);
        var expected = merged.Transform(Data()).Scores();

        AssertScores(expected, separate.Transform(Data()).Scores());
        var path = Path.Combine(_folder, "model.zip");
        _ml.Model.Save(separate, null, path);
        using var loaded = (EvaTransformer)_ml.Model.Load(path, out _);
        AssertScores(expected, loaded.Transform(Data()).Scores());
        AssertScores(expected, separate.Transform(Data()).Scores()); // saving left it as it was
        if (method is "full" or "head") // without adapters
            return;
        Assert.NotEmpty(NetworkOf(separate).Adapters);
        separate.SaveAdapter(_folder);
        using var read = EvaTransformer.FromAdapter(_ml, _folder, ["good", "bad"], Options(method, merges: false));
        Assert.NotEmpty(NetworkOf(read).Adapters);
        AssertScores(expected, read.Transform(Data()).Scores());
    }

    // Weights left trainable would be rounded anew at every scoring in 16 bits, and what training had rounded would stay in memory.
    [Theory]
    [InlineData("full", true)]
    [InlineData("eva", true)]
    [InlineData("eva", false)]
    [InlineData("boft", false)]
    public void Fit_LeavesNothingTrainableOrRounded(string method, bool merges)
    {
        var options = Options(method, merges);
        options.Adapter.Biases = method == "eva" ? BiasTraining.All : BiasTraining.None;
        options.Training.Precision = ComputePrecision.BFloat16;
        using var model = _ml.Trainer(options).Fit(_ml.Transforms.Conversion.MapValueToKey("Label").Fit(Data()).Transform(Data()));
        var network = NetworkOf(model);
        var weights = network.Weights.Concat(network.Adapters.SelectMany(adapter => adapter.Weights)).ToList();

        Assert.DoesNotContain(weights, weight => weight.IsTrainable);
        Assert.DoesNotContain(weights, weight => weight.IsRounded);
        model.Precision = ComputePrecision.BFloat16;
        model.Transform(Data()).Scores();
        Assert.All(network.Backbone.AdaptableLayers, layer => Assert.True(layer.Weight.IsRounded, layer.Name));
    }

    [Fact]
    public void SaveOnnx_NotMerged_SaysHowToExport()
    {
        using var model = Fit("lora", merges: false);

        var e = Assert.Throws<InvalidOperationException>(() => model.SaveOnnx(Path.Combine(_folder, "onnx")));

        Assert.Contains("MergesAdapter was false", e.Message);
        Assert.Contains("mlContext.Model.Save", e.Message);
        Assert.False(Directory.Exists(Path.Combine(_folder, "onnx")));
    }

    [Fact]
    public void FromAdapter_TenModelsNotMerged_ShareOneBackbone()
    {
        using var model = Fit("eva", merges: false);
        model.SaveAdapter(_folder);
        var models = Enumerable.Range(0, 10).Select(_ => EvaTransformer.FromAdapter(_ml, _folder, ["good", "bad"], Options("eva", merges: false))).ToList();

        var first = NetworkOf(models[0]);
        foreach (var network in models.Select(NetworkOf))
        {
            Assert.Same(first.Checkpoint, network.Checkpoint);
            Assert.Same(first.Checkpoint.Tokenizer, network.Checkpoint.Tokenizer);
            Assert.All(network.Backbone.Weights.Zip(first.Backbone.Weights), pair => Assert.Same(pair.Second.Value, pair.First.Value));
            Assert.DoesNotContain(network.Backbone.Weights, weight => weight.IsOwned);
        }
        models.ForEach(one => one.Dispose());
    }

    private EvaTransformer Fit(string method, bool merges) =>
        _ml.Trainer(Options(method, merges)).Fit(_ml.Transforms.Conversion.MapValueToKey("Label").Fit(Data()).Transform(Data()));

    private IDataView Data() => _ml.Data.LoadFromEnumerable(Rows());

    private static EvaLoraTextOptions Options(string method, bool merges)
    {
        var options = TinyOptions(epochs: 2);
        (options.Adapter, options.MergesAdapter) = (Methods.All[method](), merges);
        return options;
    }

    private static Network NetworkOf(EvaTransformer model) =>
        (Network)typeof(EvaTransformer).GetField("_network", BindingFlags.NonPublic | BindingFlags.Instance)!.GetValue(model)!;

    private static void AssertScores(float[][] expected, float[][] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.All(pair.First.Zip(pair.Second), score => Assert.Equal(score.First, score.Second, 2e-5f)));
    }
}
