using System.Diagnostics;
using System.Globalization;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Benchmarks;

/// <summary>
/// A sweep over 12 combinations of rank, rho and learning rate beside 12 fits of their own, on MiniLM: processor seconds with all
/// that is done (reading and tokenizing, warm-up, training, validation), and how much of the difference is sharing, how much halving.
/// </summary>
internal static class SweepSuite
{
    private const int Trials = 12, Epochs = 3, Seed = 1;

    public static object Run(SuiteSettings settings)
    {
        var ml = new MLContext(Seed);
        var (train, validation) = Rows(ml, settings);
        // Pays for compilation, and keeps the checkpoint loaded: fits of their own in one process share it too.
        using var warm = Options(ml, halvingFactor: 1, trials: 1).Run(train, validation);

        var halved = Measure(() => Options(ml, halvingFactor: 3, Trials).Run(train, validation), out var sweep);
        var whole = Measure(() => Options(ml, halvingFactor: 1, Trials).Run(train, validation), out var shared);
        var fits = shared.Trials.Select(trial => (Trial: trial, Seconds: Measure(() => Fit(ml, trial, train, validation), out var report), Report: report)).ToList();
        var separate = fits.Sum(fit => fit.Seconds);
        return new
        {
            Rows = settings.Rows,
            ValidationRows = settings.Rows / 3,
            Epochs,
            Trials,
            Threads = get_num_threads(),
            ProcessorSecondsSeparate = separate,
            ProcessorSecondsSharedOnly = whole,
            ProcessorSecondsSweep = halved,
            TimesFasterSharedOnly = separate / whole,
            TimesFaster = separate / halved,
            SecondsOfOneSharedWarmUp = shared.SecondsWarmUp,
            SecondsOfSeparateWarmUps = fits.Sum(fit => fit.Report.SecondsEva),
            BestOfSweep = sweep.Best.Metric,
            BestOfSeparate = fits.Max(fit => fit.Report.ValidationMetrics[fit.Report.BestEpoch - 1]),
            SeparateMetricOfTheSweepsBest = Metric(fits.Single(fit => fit.Trial.Number == sweep.Best.Number).Report),
            PlaceOfTheSweepsBestAmongSeparate = 1 + fits.Count(fit => Metric(fit.Report) > Metric(fits.Single(other => other.Trial.Number == sweep.Best.Number).Report)),
            MostDifferenceOfMetric = fits.Max(fit => Math.Abs(Metric(fit.Report) - fit.Trial.Metric)),
            MeanDifferenceOfMetric = fits.Average(fit => Math.Abs(Metric(fit.Report) - fit.Trial.Metric)),
            Metrics = fits.Select(fit => new { fit.Trial.Number, fit.Trial.Values, Shared = fit.Trial.Metric, Separate = Metric(fit.Report), WarmUpBatches = fit.Report.EvaBatches }),
        };
    }

    private static double Metric(TrainingReport report) => report.ValidationMetrics[report.BestEpoch - 1];

    private static EvaLoraSweep Options(MLContext ml, int halvingFactor, int trials) => ml.MulticlassClassification.Trainers.EvaLoraSweep(new EvaLoraSweepOptions
    {
        Trainer = Trainer(new LoraOptions(), 1e-3),
        Search = new RandomSearchOptions { Trials = trials },
        HalvingFactor = halvingFactor,
    });

    private static EvaLoraTextOptions Trainer(AdapterOptions adapter, double rate) =>
        new() { Sentence1ColumnName = nameof(Row.Text), Adapter = adapter, Training = new TrainingOptions { Epochs = Epochs, LearningRate = rate } };

    // The trial's values put into options of its own, as somebody without a sweep would do it.
    private static TrainingReport Fit(MLContext ml, SweepTrial trial, IDataView train, IDataView validation)
    {
        double Value(string name) => double.Parse(trial.Values[name], CultureInfo.InvariantCulture);
        var rank = (int)Value("rank");
        var adapter = new LoraOptions { Rank = rank, Alpha = rank, Initialization = new EvaOptions { Rho = Value("rho") } };
        using var model = ml.MulticlassClassification.Trainers.EvaLora(Trainer(adapter, Value("learning rate"))).Fit(train, validation);
        return model.Report!;
    }

    private static double Measure<T>(Func<T> action, out T result)
    {
        using var process = Process.GetCurrentProcess();
        var before = process.TotalProcessorTime;
        result = action();
        process.Refresh();
        return (process.TotalProcessorTime - before).TotalSeconds;
    }

    private static (IDataView Train, IDataView Validation) Rows(MLContext ml, SuiteSettings settings)
    {
        var rows = settings.Texts.Zip(settings.Labels, (text, label) => new Row { Text = text, Label = label }).ToList();
        var wanted = settings.Rows + settings.Rows / 3;
        if (rows.Count < wanted)
            throw new ArgumentException($"--rows {settings.Rows} and a third of that to validate on are {wanted} rows, but the file has {rows.Count}.");
        var every = rows.Count / wanted;
        var chosen = Enumerable.Range(0, wanted).Select(i => rows[i * every]).ToList();
        var keys = ml.Transforms.Conversion.MapValueToKey("Label", keyOrdinality: Transforms.ValueToKeyMappingEstimator.KeyOrdinality.ByValue).Fit(ml.Data.LoadFromEnumerable(chosen));
        return (keys.Transform(ml.Data.LoadFromEnumerable(chosen.Take(settings.Rows))), keys.Transform(ml.Data.LoadFromEnumerable(chosen.Skip(settings.Rows))));
    }

    private sealed class Row
    {
        public string Text { get; set; } = "";

        public string Label { get; set; } = "";
    }
}
