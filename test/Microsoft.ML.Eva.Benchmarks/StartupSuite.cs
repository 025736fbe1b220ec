using System.Diagnostics;
using TorchSharp;

namespace Microsoft.ML.Eva.Benchmarks;

/// <summary>
/// From process start to the first prediction of a saved MiniLM model, against what cannot be avoided: loading libtorch and
/// reading the file. Each is a process of its own, started in turn.
/// </summary>
internal static class StartupSuite
{
    /// <summary>The argument that makes this program predict one text with the model whose file follows.</summary>
    public const string Predict = "--predict";

    /// <summary>The argument that makes this program load libtorch and read the file that follows, and no more.</summary>
    public const string Read = "--read";

    public static object Run(SuiteSettings settings)
    {
        var folder = Directory.CreateTempSubdirectory("eva-startup-");
        try
        {
            var path = Path.Combine(folder.FullName, "model.zip");
            Save(path, settings);
            List<double> predicting = [], reading = [];
            for (var repeat = 0; repeat < settings.Repeats; repeat++)
            {
                reading.Add(Seconds(Read, path));
                predicting.Add(Seconds(Predict, path));
            }
            var (predict, read) = (SuiteSettings.Median(predicting), SuiteSettings.Median(reading));
            return new { FileBytes = new FileInfo(path).Length, FirstPredictionSeconds = predict, LoadLibtorchAndReadFileSeconds = read, Ratio = predict / read };
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The argument that makes this program load the model whose file follows twice, predict one text with each, and tell how many bytes the second one took.</summary>
    public const string Weigh = "--weigh";

    /// <summary>What one of the processes does.</summary>
    public static void RunChild(string what, string path)
    {
        if (what == Predict)
        {
            var ml = new MLContext();
            var model = ml.Model.Load(path, out _);
            using var engine = ml.Model.CreatePredictionEngine<Row, Prediction>(model);
            Console.WriteLine(engine.Predict(new Row { Text = "The parcel never came." }).Score[0]);
            return;
        }
        if (what == Weigh)
        {
            Console.WriteLine(WeighModel(path));
            return;
        }
        Tensors.NativeTorch.EnsureLoaded();
        using var one = torch.ones(1);
        Console.WriteLine(File.ReadAllBytes(path).Length);
    }

    // What libtorch, ML.NET and their first use take is the process's, not the model's: a second model is weighed.
    private static long WeighModel(string path)
    {
        var ml = new MLContext();
        using var first = LoadAndPredict();
        var before = MemorySuite.Resident();
        using var second = LoadAndPredict();
        return MemorySuite.Resident() - before;

        PredictionEngine<Row, Prediction> LoadAndPredict()
        {
            var engine = ml.Model.CreatePredictionEngine<Row, Prediction>(ml.Model.Load(path, out _));
            engine.Predict(new Row { Text = "The parcel never came." });
            return engine;
        }
    }

    /// <summary>Runs one of these processes on a new MiniLM model's file and gives what it wrote.</summary>
    public static string RunOnSavedModel(string what, SuiteSettings settings)
    {
        var folder = Directory.CreateTempSubdirectory("eva-startup-");
        try
        {
            var path = Path.Combine(folder.FullName, "model.zip");
            Save(path, settings);
            return Output(what, path);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Save(string path, SuiteSettings settings)
    {
        var ml = new MLContext(seed: 1);
        var data = ml.Data.LoadFromEnumerable(settings.Texts.Take(16).Select((text, i) => new Row { Text = text, Label = i % 2 == 0 ? "a" : "b" }));
        using var model = ml.Transforms.Conversion.MapValueToKey("Label").Append(ml.MulticlassClassification.Trainers.EvaLora(new EvaLoraTextOptions
        {
            Sentence1ColumnName = nameof(Row.Text),
            Adapter = new LoraOptions { Initialization = new RandomOptions() },
            Training = new TrainingOptions { Epochs = 1 },
        })).Fit(data);
        ml.Model.Save(model, data.Schema, path);
    }

    private static double Seconds(string what, string path)
    {
        var start = Stopwatch.GetTimestamp();
        Output(what, path);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static string Output(string what, string path)
    {
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [typeof(StartupSuite).Assembly.Location, what, path]) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"The process for {what} ended with {process.ExitCode}.");
    }

    private sealed class Row
    {
        public string Text { get; set; } = "";

        public string Label { get; set; } = "";
    }

    private sealed class Prediction
    {
        public float[] Score { get; set; } = [];
    }
}
