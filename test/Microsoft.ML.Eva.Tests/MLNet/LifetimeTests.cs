using TorchSharp;
using static Microsoft.ML.Eva.Tests.MLNet.TinyData;

namespace Microsoft.ML.Eva.Tests.MLNet;

/// <summary>Counts live tensors, so nothing else may make any at the same time.</summary>
[Collection(nameof(TensorCounts))]
public sealed class LifetimeTests
{
    // By default an engine takes the model with it when it is disposed: ML.NET's rule.
    private static readonly PredictionEngineOptions KeepsModel = new() { OwnsTransformer = false };

    private readonly MLContext _ml = new(seed: 1);

    private IDataView Keyed() => _ml.Transforms.Conversion.MapValueToKey("Label").Fit(Data()).Transform(Data());

    private IDataView Data() => _ml.Data.LoadFromEnumerable(Rows());

    [Fact]
    public void Fit_ThenDispose_LeavesNoTensor()
    {
        _ml.Trainer(TinyOptions(epochs: 1)).Fit(Keyed()).Dispose();
        var before = TensorCounts.Settled();

        var model = _ml.Trainer(TinyOptions(epochs: 13)).Fit(Keyed()); // 104 steps
        Assert.True(torch.Tensor.TotalCount > before);
        model.Dispose();

        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    [Fact]
    public void Predictions_LeaveNoTensor()
    {
        using var model = _ml.Trainer(TinyOptions(epochs: 1)).Fit(Keyed());
        using var engine = _ml.Model.CreatePredictionEngine<Row, Prediction2>(model, KeepsModel);
        engine.Predict(Rows()[0]);
        var before = TensorCounts.Settled();

        for (var i = 0; i < 1000; i++)
            engine.Predict(Rows(1)[0]);
        Assert.Equal(64, model.Transform(Data()).Scores().Length);

        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    [Fact]
    public void Models_ThatNobodyDisposes_AreFreedWithTheGarbage()
    {
        var before = TensorCounts.Settled();
        FitAndForget();

        for (var i = 0; i < 50 && torch.Tensor.TotalCount > before; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.True(torch.Tensor.TotalCount <= before, $"{torch.Tensor.TotalCount} tensors, {before} before");
    }

    [Fact]
    public void DisposedModel_RefusesToScore()
    {
        var model = _ml.Trainer(TinyOptions(epochs: 1)).Fit(Keyed());
        var view = model.Transform(Data());
        var engine = _ml.Model.CreatePredictionEngine<Row, Prediction2>(model, KeepsModel);
        model.Dispose();
        model.Dispose();

        Assert.Contains("OwnsTransformer = false", Assert.Throws<ObjectDisposedException>(() => model.Transform(Data())).Message);
        Assert.ThrowsAny<Exception>(() => view.Scores());
        Assert.ThrowsAny<Exception>(() => engine.Predict(Rows()[0]));
    }

    [Fact]
    public void ManyThreads_OnOneModel_GiveTheSingleThreadedScores()
    {
        using var model = _ml.Trainer(TinyOptions(epochs: 1)).Fit(Keyed());
        var expected = model.Transform(Data()).Scores();

        Parallel.For(0, 16, new ParallelOptions { MaxDegreeOfParallelism = 8 }, thread =>
        {
            using var engine = _ml.Model.CreatePredictionEngine<Row, Prediction2>(model, KeepsModel);
            var rows = Rows();
            for (var i = thread; i < rows.Count; i += 3)
                Assert.All(engine.Predict(rows[i]).Score.Zip(expected[i]), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
            Assert.Equal(expected[5][0], model.Transform(Data()).Scores()[5][0], 1e-5f);
        });
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private void FitAndForget() => _ml.Trainer(TinyOptions(epochs: 1)).Fit(Keyed());

    private sealed class Prediction2
    {
        public float[] Score { get; set; } = [];
    }
}
