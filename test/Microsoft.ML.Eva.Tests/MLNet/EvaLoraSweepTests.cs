using System.Text;
using System.Text.Json;
using Microsoft.ML.Data;
using Microsoft.ML.Eva.Sweeps;
using TorchSharp;
using static Microsoft.ML.Eva.Tests.MLNet.TinyData;

namespace Microsoft.ML.Eva.Tests.MLNet;

/// <summary>Sweeps on a task that a tiny network learns in a second.</summary>
[Collection(nameof(TensorCounts))]
public sealed class EvaLoraSweepTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly string _folder = Directory.CreateTempSubdirectory("eva-sweep-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private IDataView Train => Keyed(_ml, 0);

    private IDataView Validation => Keyed(_ml, 48);

    private static IDataView Keyed(MLContext ml, int skip)
    {
        var data = ml.Data.LoadFromEnumerable(Rows().Skip(skip).Take(skip == 0 ? 48 : 16));
        return ml.Transforms.Conversion.MapValueToKey("Label", keyOrdinality: Transforms.ValueToKeyMappingEstimator.KeyOrdinality.ByValue).Fit(data).Transform(data);
    }

    private static EvaLoraSweepOptions Options(int trials = 6) => new()
    {
        Trainer = TinyOptions(epochs: 3),
        Dimensions = [SweepDimension.Rank(1, 2, 4), SweepDimension.Rho(1, 2), SweepDimension.LearningRate(1e-3, 5e-2), SweepDimension.Method(new LoraOptions { Initialization = Eva() }, new DoraOptions { Initialization = Eva() })],
        Search = new RandomSearchOptions { Trials = trials },
    };

    private static EvaOptions Eva() => new() { BatchSize = 16, MaxBatches = 8 };

    private EvaLoraSweep Sweep(EvaLoraSweepOptions options, MLContext? ml = null) => (ml ?? _ml).MulticlassClassification.Trainers.EvaLoraSweep(options);

    [Fact]
    public void Run_SixTrials_HalvesThemAndReturnsTheBest()
    {
        var told = new List<SweepProgress>();
        var options = Options();
        options.Progress = new Listener(told.Add);
        using var result = Sweep(options).Run(Train, Validation);

        Assert.Equal([6, 2, 1], result.History.GroupBy(entry => entry.Rungs).Select(rung => rung.Count()));
        Assert.Equal(1, result.Trials.Count(trial => trial.Number == result.Best.Number));
        Assert.True(result.Best.IsComplete);
        Assert.Equal(18, result.Best.Steps);
        Assert.Single(result.Trials, trial => trial.IsComplete);
        Assert.All(result.Trials.Where(trial => !trial.IsComplete), trial => Assert.Equal((trial.Rungs == 1 ? 2 : 6, 18), (trial.Steps, trial.TotalSteps)));
        // who went on was at least as good as who did not
        var first = result.History.Where(entry => entry.Rungs == 1).ToList();
        var promoted = result.Trials.Where(trial => trial.Rungs > 1).Select(trial => trial.Number).ToHashSet();
        Assert.True(first.Where(entry => promoted.Contains(entry.Number)).Min(entry => entry.Metric) >= first.Where(entry => !promoted.Contains(entry.Number)).Max(entry => entry.Metric));
        // the model is the one the table speaks of
        Assert.Equal(result.Best.Metric, _ml.MulticlassClassification.Evaluate(result.Model.Transform(Validation)).MicroAccuracy, 6);
        Assert.Equal(6 + 2 + 1, told.Count);
        Assert.Equal((3, 1, 1), (told[^1].Rung, told[^1].Done, told[^1].Trials));
        Assert.True(result.SecondsWarmUp > 0);
        Assert.False(result.IsCancelled);
    }

    [Fact]
    public void Run_OneTrial_EqualsTheFitWithItsOptions()
    {
        using var result = Sweep(Options(trials: 1)).Run(Train, Validation);
        using var fit = _ml.Trainer((EvaLoraTextOptions)result.Options).Fit(Train, Validation);

        Assert.Equal(fit.Report!.Losses, result.Model.Report!.Losses);
        Assert.Equal(fit.Report.Ranks, result.Model.Report.Ranks);
        Assert.Equal(fit.Report.ValidationMetrics, result.Model.Report.ValidationMetrics);
        Assert.Equal(fit.Report.EvaBatches, result.Model.Report.EvaBatches);
        Assert.Equal(fit.Transform(Validation).Scores(), result.Model.Transform(Validation).Scores());
    }

    [Fact]
    public void Run_EveryTrialToItsEnd_EqualsFitsWhereTheWarmUpIsTheSame()
    {
        // Eight passes over all rows: the warm-ups of large and small ranks then end at the same mini-batch.
        var eva = new EvaOptions { BatchSize = 16, MaxBatches = 4, MinBatches = 4 };
        var options = Options();
        options.Trainer.Adapter = new LoraOptions { Rank = 2, Alpha = 2, Initialization = eva };
        options.Dimensions = [SweepDimension.Rank(1, 2), SweepDimension.Rho(1, 2), SweepDimension.Choice("rate", (trial, rate) => trial.Training.LearningRate = rate, 0.005, 0.02)];
        options.Search = new GridSearchOptions();
        options.HalvingFactor = 1;
        using var result = Sweep(options).Run(Train, Validation);

        Assert.Equal(8, result.Trials.Count);
        foreach (var trial in result.Trials)
        {
            var separate = TinyOptions(epochs: 3);
            var rank = int.Parse(trial.Values["rank"]);
            separate.Adapter = new LoraOptions { Rank = rank, Alpha = rank, Initialization = new EvaOptions { BatchSize = 16, MaxBatches = 4, MinBatches = 4, Rho = double.Parse(trial.Values["rho"]) } };
            separate.Training.LearningRate = trial.Values["rate"] == "0.02" ? 0.02 : 0.005;
            using var fit = _ml.Trainer(separate).Fit(Train, Validation);
            Assert.Equal(fit.Report!.ValidationMetrics[fit.Report.BestEpoch - 1], trial.Metric);
            Assert.Equal(fit.Report.ValidationLosses[fit.Report.BestEpoch - 1], trial.Loss, 1e-3);
        }
    }

    [Fact]
    public void Run_InParallel_GivesTheSame()
    {
        using var one = Sweep(Options()).Run(Train, Validation);
        var options = Options();
        options.ParallelTrials = 4;
        using var four = Sweep(options).Run(Train, Validation);

        AssertEqual(one, four);
    }

    [Fact]
    public void Run_StoppedAnywhere_GoesOnAndGivesTheSame()
    {
        using var undisturbed = Sweep(Options()).Run(Train, Validation);
        var stops = 0;
        for (var done = 1; ; done++)
        {
            using var stop = new CancellationTokenSource();
            var (count, options) = (0, Options());
            (options.Folder, options.CancellationToken) = (_folder, stop.Token);
            options.Progress = new Listener(_ =>
            {
                if (++count == 2)
                    stop.Cancel();
            });
            using var result = Sweep(options).Run(Train, Validation);
            if (result.IsCancelled)
            {
                stops++;
                Assert.True(result.Best.Rungs > 0);
                Assert.Equal(16, result.Model.Transform(Validation).Scores().Length);
                continue;
            }
            AssertEqual(undisturbed, result);
            break;
        }
        Assert.InRange(stops, 2, 5);
        // a finished sweep only loads its best model
        var again = Options();
        (again.Folder, again.Progress) = (_folder, new Listener(_ => Assert.Fail("A trial was repeated.")));
        using var loaded = Sweep(again).Run(Train, Validation);
        AssertEqual(undisturbed, loaded);
        Assert.Single(Directory.GetDirectories(_folder));
    }

    [Fact]
    public void Run_TornJournal_RepeatsTheLastTrialOnly()
    {
        var options = Options();
        options.Folder = _folder;
        using var first = Sweep(options).Run(Train, Validation);
        var file = Path.Combine(_folder, SweepJournal.FileName);
        var journal = File.ReadAllBytes(file);
        File.WriteAllBytes(file, journal[..^20]);
        var repeated = new List<SweepProgress>();
        options.Progress = new Listener(repeated.Add);
        using var second = Sweep(options).Run(Train, Validation);

        Assert.Single(repeated);
        AssertEqual(first, second);
    }

    [Fact]
    public void Run_FolderOfAnotherSweep_IsRefused()
    {
        var options = Options(trials: 1);
        options.Folder = _folder;
        Sweep(options).Run(Train, Validation).Dispose();
        options.Trainer.Training.Epochs = 2;
        Assert.Contains("another sweep", Assert.Throws<ArgumentException>(() => Sweep(options).Run(Train, Validation)).Message);
        options.Trainer.Training.Epochs = 3;
        Assert.Contains("another sweep", Assert.Throws<ArgumentException>(() => Sweep(options).Run(Train, Train)).Message);
    }

    [Fact]
    public void Run_TrialsThatFail_AreNotedAndNeverBest()
    {
        var options = Options();
        options.Dimensions = [SweepDimension.Choice("blocks", (trial, count) => trial.Adapter = count == 0 ? new LoraOptions { Initialization = Eva() } : new BoftOptions { BlockCount = count }, 0, 5, 7)];
        options.Search = new GridSearchOptions();
        using var result = Sweep(options).Run(Train, Validation);

        Assert.Equal("0", result.Best.Values["blocks"]);
        Assert.Equal(2, result.Trials.Count(trial => trial.Error is not null && double.IsNaN(trial.Metric)));
        Assert.Contains("failed:", result.ToString());
        options.Dimensions = [SweepDimension.Method(new BoftOptions { BlockCount = 5 })];
        Assert.Contains("All 1 trials failed", Assert.Throws<ArgumentException>(() => Sweep(options).Run(Train, Validation)).Message);
    }

    [Fact]
    public void Run_CancelledBeforeTheFirstTrial_Throws()
    {
        var options = Options();
        options.CancellationToken = new CancellationToken(canceled: true);
        Assert.ThrowsAny<OperationCanceledException>(() => Sweep(options).Run(Train, Validation));
    }

    [Fact]
    public void Run_ContextCancelled_ReturnsTheBestSoFar()
    {
        var ml = new MLContext(seed: 1);
        var options = Options();
        options.Progress = new Listener(_ => ml.Cancel());
        var (train, validation) = (Keyed(ml, 0), Keyed(ml, 48));
        using var result = Sweep(options, ml).Run(train, validation);
        Assert.True(result.IsCancelled);
        Assert.Equal(1, result.Best.Rungs);
    }

    [Fact]
    public void Run_WithoutValidationRows_Throws() =>
        Assert.Contains("no rows to compare trials on", Assert.Throws<ArgumentException>(() => Sweep(Options()).Run(Train)).Message);

    [Fact]
    public void Run_LeavesNoTensorAndNoFileBehind()
    {
        Sweep(Options(trials: 3)).Run(Train, Validation).Dispose();
        var temporary = Directory.GetDirectories(Path.GetTempPath(), "eva-sweep-*").Length;
        var before = TensorCounts.Settled();
        Sweep(Options(trials: 3)).Run(Train, Validation).Dispose();
        Assert.Equal(before, torch.Tensor.TotalCount);
        Assert.Equal(temporary, Directory.GetDirectories(Path.GetTempPath(), "eva-sweep-*").Length);
    }

    [Fact]
    public void Fit_InAPipeline_GivesTheBestModel()
    {
        var options = Options(trials: 3);
        options.Trainer.Training.ValidationFraction = 0.25;
        var data = _ml.Data.LoadFromEnumerable(Rows());
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Label").Append(Sweep(options)).Append(_ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        var model = pipeline.Fit(data);
        using var zip = new MemoryStream();
        _ml.Model.Save(model, data.Schema, zip);
        zip.Position = 0;
        var loaded = _ml.Model.Load(zip, out _);
        Assert.Equal(model.Transform(data).Scores(), loaded.Transform(data).Scores());
        Assert.Equal(64, loaded.Transform(data).Scores().Length);
    }

    [Fact]
    public void Run_OnPictures_Works()
    {
        var data = _ml.Data.LoadFromEnumerable(TinyPictures.Rows());
        var rows = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);
        var options = Options(trials: 2);
        options.Trainer = TinyPictures.PictureOptions(epochs: 2);
        options.Trainer.Training.ValidationFraction = 0.25;
        using var result = Sweep(options).Run(rows);
        Assert.True(result.Best.IsComplete);
        Assert.Equal(48, result.Model.Transform(rows).Scores().Length);
    }

    [Fact]
    public void Run_OnNumbers_ComparesByPearson()
    {
        var options = Options(trials: 1);
        options.Trainer = TinyNumbers.NumberOptions(epochs: 3);
        options.Trainer.Training.ValidationFraction = 0.25;
        var data = _ml.Data.LoadFromEnumerable(TinyNumbers.Rows());
        using var result = _ml.Regression.Trainers.EvaLoraSweep(options).Run(data);
        using var fit = _ml.Regression.Trainers.EvaLora((EvaLoraTextOptions)result.Options).Fit(data);

        Assert.Equal("PearsonCorrelation", result.Best.MetricName);
        Assert.Equal(fit.Report!.ValidationMetrics[fit.Report.BestEpoch - 1], result.Best.Metric);
        Assert.Equal(fit.Transform(data).GetColumn<float>("Score"), result.Model.Transform(data).GetColumn<float>("Score"));
    }

    [Fact]
    public void Result_TableJsonAndPicture_TellEveryTrial()
    {
        using var result = Sweep(Options(trials: 3)).Run(Train, Validation);
        var table = result.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(1 + 3, table.Length);
        Assert.Contains("Accuracy", table[0]);
        Assert.EndsWith("best", table[1].TrimEnd());
        using var json = new MemoryStream();
        result.WriteJson(json);
        using var read = JsonDocument.Parse(Encoding.UTF8.GetString(json.ToArray()));
        Assert.Equal(3, read.RootElement.GetProperty("trials").GetArrayLength());
        Assert.Equal(result.Best.Number, read.RootElement.GetProperty("best").GetInt32());
        foreach (var ending in new[] { ".png", ".svg" })
            result.SavePlot(Path.Combine(_folder, "sweep" + ending));
        var svg = File.ReadAllText(Path.Combine(_folder, "sweep.svg"));
        foreach (var name in result.Best.Values.Keys)
            Assert.Contains($">{name}</text>", svg);
        Assert.Equal([0x89, 0x50, 0x4E, 0x47], File.ReadAllBytes(Path.Combine(_folder, "sweep.png"))[..4]);
    }

    private static void AssertEqual(SweepResult expected, SweepResult actual)
    {
        Assert.Equal(expected.Trials.Select(Text), actual.Trials.Select(Text));
        Assert.Equal(expected.History.Select(Text), actual.History.Select(Text));
        Assert.Equal(expected.Best.Number, actual.Best.Number);
        Assert.Equal(expected.Model.Report!.Losses, actual.Model.Report!.Losses);
        var data = Keyed(new MLContext(seed: 1), 48);
        Assert.Equal(expected.Model.Transform(data).Scores(), actual.Model.Transform(data).Scores());
    }

    private static string Text(SweepTrial trial) => $"{trial with { Values = new Dictionary<string, string>(), Seconds = 0 }} {string.Join(", ", trial.Values)}";

    private sealed class Listener(Action<SweepProgress> onReport) : IProgress<SweepProgress>
    {
        public void Report(SweepProgress value) => onReport(value);
    }
}
