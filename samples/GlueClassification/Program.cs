using System.Diagnostics;
using GlueClassification.Reading;
using GlueClassification.Showing;
using Microsoft.ML;
using Microsoft.ML.Eva;
using Microsoft.ML.Transforms;

namespace GlueClassification;

/// <summary>Fine-tunes a pretrained transformer on labelled texts, measures it, saves it, loads it, and shows all of that.</summary>
internal static class Program
{
    public static int Main(string[] arguments) => CommandLine.Invoke(arguments, Run);

    private static void Run(Settings settings)
    {
        var ml = new MLContext(settings.Seed) { GpuDeviceId = settings.Gpu };
        ml.Log += Screen.ShowWarning;

        // 1. Rows: any IDataView will do, here lists in memory.
        var dataset = Dataset.Read(settings);
        if (dataset.IsRegression)
        {
            RegressionRun.Run(ml, settings, dataset);
            return;
        }
        if (settings.SweepTrials is not null)
        {
            SweepRun.Run(ml, settings, dataset);
            return;
        }
        var train = ml.Data.LoadFromEnumerable(dataset.Train);
        var test = ml.Data.LoadFromEnumerable(dataset.Test);

        // 2. The pipeline: the label becomes a key, the trainer fine-tunes, the predicted key becomes the label's text again.
        using var screen = new TrainingScreen();
        var options = CreateOptions(ml, settings, dataset, screen, screen.Stop);
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label", keyOrdinality: ValueToKeyMappingEstimator.KeyOrdinality.ByValue)
            .Append(ml.MulticlassClassification.Trainers.EvaLora(options))
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

        // 3. Training. Where the results go is checked first: better an error now than after an hour.
        PrepareToWrite(settings.SavePath);
        PrepareToWrite(settings.JsonPath);
        Screen.ShowTask(dataset, settings);
        using var model = screen.Run(() => pipeline.Fit(train));
        var transformer = model.OfType<EvaTransformer>().Single();
        var report = transformer.Report!;
        Screen.ShowReport(report);

        // 4. Measuring on rows that were not trained on.
        var clock = Stopwatch.StartNew();
        var scored = ml.Data.Cache(model.Transform(test));
        var metrics = ml.MulticlassClassification.Evaluate(scored);
        var secondsEval = clock.Elapsed.TotalSeconds;
        var score = TaskScore.Of(settings.Task, metrics);
        var predictions = Predictions(ml, scored);
        MetricsScreen.Show(score, metrics, transformer.Classes, dataset.Test.Count, secondsEval);
        ExamplesScreen.Show(dataset.Test, predictions);

        // 5. Saving, and loading as another process would.
        if (settings.SavePath is { } path)
        {
            ml.Model.Save(model, train.Schema, path);
            var loaded = new MLContext().Model.Load(path, out _);
            Screen.ShowLoaded(path, predictions, Predictions(ml, loaded.Transform(test)));
            report.SaveRankHeatMap(Path.ChangeExtension(path, ".png"));
            report.SaveHtml(Path.ChangeExtension(path, ".html"));
        }

        if (settings.JsonPath is { } json)
            Result.From(report, score.Name, score.Value, dataset.Test.Count, secondsEval).Write(json);
    }

    /// <summary>What the command line says, as options of the trainer.</summary>
    public static EvaLoraTextOptions CreateOptions(MLContext ml, Settings settings, Dataset dataset, IProgress<TrainingProgress>? progress, CancellationToken stop) => new()
    {
        Sentence1ColumnName = nameof(Example.Text),
        Sentence2ColumnName = dataset.HasPairs ? nameof(Example.Pair) : null,
        Checkpoint = Checkpoints.Open(settings.Model),
        Head = settings.Head,
        MaxTokens = settings.MaxLength,
        StandardizesLabels = settings.StandardizesLabels,
        Adapter = Methods.Create(settings),
        Training = new TrainingOptions
        {
            Epochs = settings.Epochs,
            BatchSize = settings.BatchSize,
            LearningRate = settings.LearningRate,
            HeadLearningRate = settings.HeadLearningRate,
            Dropout = settings.Dropout,
            Precision = settings.Precision,
            Progress = progress,
            CancellationToken = stop,
        },
        ValidationSet = dataset.Validation is { } rows ? ml.Data.LoadFromEnumerable(rows) : null,
    };

    private static List<Prediction> Predictions(MLContext ml, IDataView scored) =>
        [.. ml.Data.CreateEnumerable<Prediction>(scored, reuseRowObject: false)];

    /// <summary>Refuses a path that cannot be written to, and makes its folder.</summary>
    public static void PrepareToWrite(string? path)
    {
        if (Directory.Exists(path))
            throw new UserException($"{path} is a folder; a file's name is needed.");
        if (path is not null)
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }
}
