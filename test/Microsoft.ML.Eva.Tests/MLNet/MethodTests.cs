using static Microsoft.ML.Eva.Tests.MLNet.TinyData;

namespace Microsoft.ML.Eva.Tests.MLNet;

/// <summary>What every method must do through the public API: learn, report the truth, score the same once saved.</summary>
public sealed class MethodTests
{
    private readonly MLContext _ml = new(seed: 1);

    public static TheoryData<string> Names => [.. Methods.All.Keys];

    private IDataView Data() => _ml.Data.LoadFromEnumerable(Rows());

    [Theory]
    [MemberData(nameof(Names))]
    public void Fit_ByEveryMethod_LearnsSavesAndReports(string method)
    {
        var options = TinyOptions(epochs: method == "head" ? 40 : method == "vera" ? 14 : 10);
        options.Adapter = Methods.All[method]();
        options.Training.LearningRate = method == "full" ? 3e-3 : method is "vera" or "head" ? 5e-2 : 2e-2;
        options.Training.ValidationFraction = 0;

        var model = _ml.Pipeline(options).Fit(Data());
        using var file = new MemoryStream();
        _ml.Model.Save(model, Data().Schema, file);
        var loaded = _ml.Model.Load(file, out _);

        var metrics = _ml.MulticlassClassification.Evaluate(model.Transform(Data()));
        Assert.True(metrics.MicroAccuracy > 0.9, $"accuracy {metrics.MicroAccuracy}");
        Assert.Equal(model.Transform(Data()).Scores(), loaded.Transform(Data()).Scores());
        AssertReport(options.Adapter, model.Eva().Report!);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(5e-2, true)]
    public void Fit_NetworkThatHardlyMoves_LearnsByTheHeadsRateAlone(double? headRate, bool learns)
    {
        var options = TinyOptions(epochs: 40);
        options.Adapter = new LoraOptions { Rank = 2, Alpha = 2, LearningRateRatio = 4, Initialization = new RandomOptions() };
        (options.Training.LearningRate, options.Training.HeadLearningRate) = (1e-9, headRate);

        var losses = _ml.Pipeline(options).Fit(Data()).Eva().Report!.Losses;

        Assert.Equal(learns, losses[^1] < losses[0] / 2);
    }

    /// <summary>Asserts that a report tells the truth of a method's ranks.</summary>
    internal static void AssertReport(AdapterOptions options, TrainingReport report)
    {
        Assert.StartsWith(options.GetType().Name.Replace("Options", ""), report.Method);
        Assert.Equal(options.Start is EvaOptions, report.EvaBatches > 0);
        var ranks = report.Ranks.Values;
        switch (options)
        {
            case LowRankOptions { Initialization: EvaOptions } lowRank:
                Assert.Equal(lowRank.Rank * ranks.Count(), ranks.Sum());
                break;
            case LowRankOptions lowRank:
                Assert.NotEmpty(ranks);
                Assert.All(ranks, rank => Assert.Equal(lowRank.Rank, rank));
                break;
            case AdaLoraOptions adaLora:
                Assert.Equal(adaLora.TargetRank * ranks.Count(), ranks.Sum());
                Assert.All(ranks, rank => Assert.InRange(rank, 0, adaLora.InitialRank));
                Assert.NotEmpty(ranks);
                break;
            case VeraOptions vera:
                Assert.NotEmpty(ranks);
                Assert.All(ranks, rank => Assert.Equal(vera.Rank, rank));
                break;
            default:
                Assert.Empty(ranks);
                break;
        }
    }
}
