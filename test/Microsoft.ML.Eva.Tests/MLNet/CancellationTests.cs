using static Microsoft.ML.Eva.Tests.MLNet.TinyData;

namespace Microsoft.ML.Eva.Tests.MLNet;

/// <summary>Stopping a fit, by the caller's token or the context, keeps what was learned.</summary>
public sealed class CancellationTests
{
    private readonly MLContext _ml = new(seed: 1);

    private IDataView Data() => _ml.Data.LoadFromEnumerable(Rows());

    private EvaLoraTextOptions Options(Action<TrainingProgress> listen)
    {
        var options = TinyOptions(epochs: 6);
        options.Training.Progress = new Listener(listen);
        return options;
    }

    [Fact]
    public void CancelExecution_StopsWithinOneStepAndKeepsTheModel()
    {
        var options = Options(told =>
        {
            if (told is { Phase: TrainingPhase.Training, Step: 11 })
                _ml.Cancel();
        });
        var keyed = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(Data()).Transform(Data());

        using var model = _ml.Trainer(options).Fit(keyed);

        Assert.True(model.Report!.IsCancelled);
        Assert.Equal(11, model.Report.Losses.Count);
        Assert.Equal(64, model.Transform(new MLContext().Data.LoadFromEnumerable(Rows())).Scores().Length);
    }

    [Fact]
    public void CancelExecution_InAChain_KeepsTheChainsModel()
    {
        var options = Options(told =>
        {
            if (told is { Phase: TrainingPhase.Training, Step: 5 })
                _ml.Cancel();
        });

        var model = _ml.Pipeline(options).Fit(Data());

        Assert.Equal(5, model.Eva().Report!.Losses.Count);
    }

    [Fact]
    public void CancelExecution_WithValidation_ReturnsTheBestEpoch()
    {
        var options = Options(told =>
        {
            if (told is { Phase: TrainingPhase.Training, Step: 20 })
                _ml.Cancel();
        });
        var keyed = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(Data()).Transform(Data());
        options.ValidationSet = keyed;

        using var model = _ml.Trainer(options).Fit(keyed);

        var report = model.Report!;
        Assert.Equal(20, report.Losses.Count); // 8 steps in an epoch: two are validated
        Assert.Equal(2, report.ValidationMetrics.Count);
        Assert.Equal(report.ValidationMetrics[report.BestEpoch - 1], _ml.MulticlassClassification.Evaluate(model.Transform(keyed)).MicroAccuracy, 1e-6);
    }

    [Fact]
    public void Token_StopsLikewise()
    {
        using var source = new CancellationTokenSource();
        var options = Options(told =>
        {
            if (told is { Phase: TrainingPhase.Training, Step: 3 })
                source.Cancel();
        });
        options.Training.CancellationToken = source.Token;

        using var model = _ml.Pipeline(options).Fit(Data()).Eva();

        Assert.Equal(3, model.Report!.Losses.Count);
        Assert.True(model.Report.IsCancelled);
    }

    [Fact]
    public void CancelExecution_BeforeTheFit_EndsItWithoutAModel()
    {
        var keyed = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(Data()).Transform(Data());
        _ml.Cancel();

        Assert.Throws<OperationCanceledException>(() => _ml.Trainer(TinyOptions()).Fit(keyed));
    }

    private sealed class Listener(Action<TrainingProgress> listen) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => listen(value);
    }
}
