using System.Diagnostics;
using GlueClassification;
using GlueClassification.Showing;
using ImageClassification.Drawing;
using ImageClassification.Reading;
using ImageClassification.Showing;
using Microsoft.ML;
using Microsoft.ML.Eva;
using Microsoft.ML.Transforms;

namespace ImageClassification;

/// <summary>Fine-tunes a pretrained network on labelled pictures, measures it, saves it, loads it, and shows all of that.</summary>
internal static class Program
{
    private static readonly string DrawnFolder = Path.Combine("artifacts", "signs");

    public static int Main(string[] arguments) => CommandLine.Invoke(arguments, Run);

    private static void Run(Settings settings)
    {
        var ml = new MLContext(settings.Seed) { GpuDeviceId = settings.Gpu };
        ml.Log += Screen.ShowWarning;

        // 1. Rows: paths and labels. Pictures are decoded when a batch needs them.
        if (settings.DataFolder is null)
            SignBook.Draw(DrawnFolder, settings.Seed);
        var pictures = PictureFolders.Read(settings.DataFolder ?? DrawnFolder, settings);
        var train = ml.Data.LoadFromEnumerable(pictures.Train);
        var test = ml.Data.LoadFromEnumerable(pictures.Test);

        // 2. The pipeline: the label becomes a key, the trainer fine-tunes, the predicted key becomes the label's text again.
        using var screen = new TrainingScreen();
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label", keyOrdinality: ValueToKeyMappingEstimator.KeyOrdinality.ByValue)
            .Append(ml.MulticlassClassification.Trainers.EvaLoraImage(CreateOptions(ml, settings, pictures, screen)))
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

        // 3. Training. Where the results go is checked first: better an error now than after an hour.
        foreach (var path in new[] { settings.SavePath, settings.SheetPath, settings.JsonPath })
            PrepareToWrite(path);
        Screen.ShowTask(pictures, settings);
        using var model = screen.Run(() => pipeline.Fit(train));
        var transformer = model.OfType<EvaTransformer>().Single();
        var report = transformer.Report!;
        Screen.ShowReport(report);

        // 4. Measuring on pictures that were not trained on.
        var clock = Stopwatch.StartNew();
        var scored = ml.Data.Cache(model.Transform(test));
        var metrics = ml.MulticlassClassification.Evaluate(scored);
        var secondsEval = clock.Elapsed.TotalSeconds;
        var predictions = Predictions(ml, scored);
        Screen.ShowMetrics(metrics, transformer.Classes, pictures.Test.Count, secondsEval);

        // 5. Saving, and loading as another process would.
        if (settings.SavePath is { } zip)
        {
            ml.Model.Save(model, train.Schema, zip);
            var loaded = new MLContext().Model.Load(zip, out _);
            Screen.ShowLoaded(zip, predictions, Predictions(ml, loaded.Transform(test)));
            if (report.Ranks.Count > 0)
            {
                report.SaveRankHeatMap(Path.ChangeExtension(zip, ".png"));
                Screen.ShowPicture("The ranks", Path.ChangeExtension(zip, ".png"));
            }
        }
        if (settings.SheetPath is { } sheet)
        {
            ContactSheet.Save(pictures.Test, predictions, sheet);
            Screen.ShowPicture("Test pictures with their predictions", sheet);
        }
        if (settings.JsonPath is { } json)
            Result.From(report, "accuracy", metrics.MicroAccuracy, pictures.Test.Count, secondsEval).Write(json);
    }

    private static EvaLoraImageOptions CreateOptions(MLContext ml, Settings settings, PictureFolders pictures, TrainingScreen screen) => new()
    {
        ImageColumnName = nameof(Example.Image),
        Checkpoint = OpenCheckpoint(settings.Model),
        Head = settings.Head,
        ImageSize = settings.Size,
        Augmentation = settings.Augments ? new ImageAugmentationOptions() : null,
        SkipsBrokenPictures = settings.SkipsBroken,
        Adapter = Methods.Create(settings),
        Training = new TrainingOptions
        {
            Epochs = settings.Epochs,
            BatchSize = settings.BatchSize,
            LearningRate = settings.LearningRate,
            HeadLearningRate = settings.HeadLearningRate,
            Dropout = settings.Dropout,
            Precision = settings.Precision,
            Progress = screen,
            CancellationToken = screen.Stop,
        },
        ValidationSet = pictures.Validation is { } rows ? ml.Data.LoadFromEnumerable(rows) : null,
    };

    private static Checkpoint OpenCheckpoint(string model) =>
        model == "resnet18" ? Checkpoint.ResNet18
        : Directory.Exists(model) ? Checkpoint.FromFolder(model)
        : throw new UserException($"--model {model} is neither resnet18 nor a folder with config.json and model.safetensors.");

    private static List<Prediction> Predictions(MLContext ml, IDataView scored) =>
        [.. ml.Data.CreateEnumerable<Prediction>(scored, reuseRowObject: false)];

    private static void PrepareToWrite(string? path)
    {
        if (Directory.Exists(path))
            throw new UserException($"{path} is a folder; a file's name is needed.");
        if (path is not null)
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }
}
