using System.Diagnostics;
using GlueClassification;
using GlueClassification.Showing;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Eva;
using TextGeneration.Pretraining;
using TextGeneration.Reading;
using TextGeneration.Showing;

namespace TextGeneration;

/// <summary>Fine-tunes GPT-2 to say what meanings mean, measures it, saves it, loads it, and shows all of that.</summary>
internal static class Program
{
    private static readonly string SmallFolder = Path.Combine("artifacts", "small-gpt2");

    public static int Main(string[] arguments) => CommandLine.Invoke(arguments, Run);

    private static void Run(Settings settings)
    {
        var ml = new MLContext(settings.Seed) { GpuDeviceId = settings.Gpu };
        ml.Log += Screen.ShowWarning;
        PrepareToWrite(settings.SavePath);
        PrepareToWrite(settings.JsonPath);
        if (File.Exists(settings.OnnxFolder))
            throw new UserException($"{settings.OnnxFolder} is a file; a folder's name is needed.");

        // 1. Rows: any IDataView will do, here lists in memory.
        var dataset = Dataset.Read(settings);
        var train = ml.Data.LoadFromEnumerable(dataset.Train);
        Screen.ShowTask(dataset, settings);

        // 2. The network to start from: real weights, or a small one that learns the language first.
        var checkpoint = OpenCheckpoint(ml, settings, dataset);

        // 3. Training.
        using var screen = new TrainingScreen();
        var options = CreateOptions(ml, settings, dataset, checkpoint, screen);
        using var model = screen.Run(() => ml.Transforms.Text.EvaLoraGeneration(options).Fit(train));
        Screen.ShowReport(model.Report!);

        // 4. Measuring on meanings that were not trained on: one sentence for each, compared with all that people might say.
        var clock = Stopwatch.StartNew();
        var sentences = Sentences(ml, model, dataset.Meanings);
        var seconds = clock.Elapsed.TotalSeconds;
        var metrics = TextGenerationMetrics.Evaluate(sentences, dataset.References);
        Screen.ShowExamples(dataset.Meanings, sentences);
        Screen.ShowMetrics(metrics, model.Perplexity(ml.Data.LoadFromEnumerable(dataset.Test), nameof(Utterance.Sentence)), seconds);

        // 5. Saving, for ML.NET and for other programs, and loading as another process would.
        if (settings.SavePath is { } zip)
        {
            ml.Model.Save(model, train.Schema, zip);
            var loaded = new MLContext().Model.Load(zip, out _);
            Screen.ShowLoaded(zip, sentences, Sentences(ml, loaded, dataset.Meanings));
            (loaded as IDisposable)?.Dispose();
        }
        if (settings.OnnxFolder is { } folder)
        {
            model.SaveOnnx(folder, withCache: true);
            Screen.ShowExported(folder);
        }
        if (settings.JsonPath is { } json)
            (Result.From(model.Report!, "bleu", metrics.Bleu, dataset.Meanings.Count, seconds) with { Nist = metrics.Nist, RougeL = metrics.RougeL }).Write(json);

        // 6. Writing piece by piece. Of a meaning that leaves no room, the data view above cut the beginning; here it would be an error.
        var shortest = dataset.Meanings.MinBy(row => row.Meaning.Length)!.Meaning;
        Screen.ShowStream(shortest, model.Stream(shortest, new GreedyOptions { MaxNewTokens = options.Decoding.MaxNewTokens }));
    }

    private static Checkpoint OpenCheckpoint(MLContext ml, Settings settings, Dataset dataset)
    {
        if (settings.Model is null)
            return Screen.ShowPretraining(() => Pretrainer.Run(ml, dataset.Train, settings.MaxLength, settings.Seed, SmallFolder));
        return Directory.Exists(settings.Model)
            ? Checkpoint.FromFolder(settings.Model)
            : throw new UserException($"--model {settings.Model} is no folder with config.json and model.safetensors.");
    }

    private static EvaLoraGenerationOptions CreateOptions(MLContext ml, Settings settings, Dataset dataset, Checkpoint checkpoint, TrainingScreen screen) => new()
    {
        PromptColumnName = nameof(Utterance.Meaning),
        CompletionColumnName = nameof(Utterance.Sentence),
        Checkpoint = checkpoint,
        MaxTokens = settings.MaxLength,
        Adapter = Methods.Create(settings),
        Decoding = settings.Beams == 1
            ? new GreedyOptions { MaxNewTokens = settings.MaxLength / 2 }
            : new BeamSearchOptions { Beams = settings.Beams, MaxNewTokens = settings.MaxLength / 2 },
        Training = new TrainingOptions
        {
            Epochs = settings.Epochs,
            BatchSize = settings.BatchSize,
            LearningRate = settings.LearningRate,
            Progress = screen,
            CancellationToken = screen.Stop,
        },
        ValidationSet = dataset.Validation is { } rows ? ml.Data.LoadFromEnumerable(rows) : null,
    };

    private static string[] Sentences(MLContext ml, ITransformer model, IReadOnlyList<Utterance> rows) =>
        [.. model.Transform(ml.Data.LoadFromEnumerable(rows)).GetColumn<string>("GeneratedText")];

    private static void PrepareToWrite(string? path)
    {
        if (Directory.Exists(path))
            throw new UserException($"{path} is a folder; a file's name is needed.");
        if (path is not null)
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }
}
