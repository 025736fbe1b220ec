using System.Diagnostics;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using SkiaSharp;

namespace Microsoft.ML.Eva.Benchmarks;

/// <summary>
/// Pictures through ResNet-18: Transform against one PredictionEngine call per picture, at two sizes, and the memory while 5,000
/// pictures pass.
/// </summary>
internal static class ImageSuite
{
    private const int Distinct = 200;
    private const int Timed = 256;
    private const int Passing = 5000;
    private const int Between = 500; // pictures between two looks at the memory

    public static object Run(SuiteSettings settings)
    {
        var folder = Directory.CreateTempSubdirectory("eva-pictures-");
        try
        {
            var paths = Enumerable.Range(0, Distinct).Select(i => Draw(Path.Combine(folder.FullName, $"{i}.jpg"), i)).ToList();
            return new
            {
                Small = Throughput(settings, paths, size: 64),
                Full = Throughput(settings, paths, size: 224),
                Memory = Memory(paths, size: 64),
                Threads = TorchSharp.torch.get_num_threads(),
            };
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static object Throughput(SuiteSettings settings, List<string> paths, int size)
    {
        var ml = new MLContext(seed: 1);
        var rows = Rows(paths, size < 100 ? Timed : Timed / 4);
        var data = ml.Data.LoadFromEnumerable(rows);
        using var model = Fit(ml, paths, size);
        using var engine = ml.Model.CreatePredictionEngine<Row, Prediction>(model, new PredictionEngineOptions { OwnsTransformer = false });
        float[][] batched = [], single = [], rounded = [];

        var seconds = settings.Medians(
            () => batched = [.. model.Transform(data).GetColumn<float[]>("Score")],
            () => single = [.. rows.Select(row => engine.Predict(row).Score.ToArray())],
            () =>
            {
                var network = model.OfType<EvaTransformer>().Single();
                network.Precision = ComputePrecision.BFloat16;
                rounded = [.. model.Transform(data).GetColumn<float[]>("Score")];
                network.Precision = ComputePrecision.Float32;
            });

        return new
        {
            Size = size,
            Pictures = rows.Count,
            TransformPerSecond = rows.Count / seconds[0],
            EnginePerSecond = rows.Count / seconds[1],
            Ratio = seconds[1] / seconds[0],
            TransformBFloat16PerSecond = rows.Count / seconds[2],
            LargestBFloat16ScoreDifference = batched.Zip(rounded).Max(pair => pair.First.Zip(pair.Second).Max(scores => Math.Abs(scores.First - scores.Second))),
            LargestScoreDifference = batched.Zip(single).Max(pair => pair.First.Zip(pair.Second).Max(scores => Math.Abs(scores.First - scores.Second))),
        };
    }

    private static object Memory(List<string> paths, int size)
    {
        var ml = new MLContext(seed: 1);
        using var model = Fit(ml, paths, size);
        var scores = model.Transform(ml.Data.LoadFromEnumerable(Rows(paths, Passing))).GetColumn<float[]>("Score");
        List<long> megabytes = [];
        foreach (var (index, _) in scores.Index())
            if (index % Between == Between - 1)
                megabytes.Add(ResidentMegabytes());
        return new { Pictures = Passing, EveryPictures = Between, ResidentMegabytes = megabytes };
    }

    private static TransformerChain<KeyToValueMappingTransformer> Fit(MLContext ml, List<string> paths, int size) => ml.Transforms.Conversion.MapValueToKey("Label")
        .Append(ml.MulticlassClassification.Trainers.EvaLoraImage(new EvaLoraImageOptions
        {
            Checkpoint = Checkpoint.ResNet18,
            ImageColumnName = nameof(Row.Image),
            ImageSize = size,
            Adapter = new HeadOnlyOptions(),
            Training = new TrainingOptions { Epochs = 1 },
        }))
        .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
        .Fit(ml.Data.LoadFromEnumerable(Rows(paths, 32)));

    private static List<Row> Rows(List<string> paths, int count) =>
        [.. Enumerable.Range(0, count).Select(i => new Row { Image = paths[i % paths.Count], Label = i % 2 == 0 ? "a" : "b" })];

    // A picture of noise in large grains, to cost about what a small photograph costs to decode.
    private static string Draw(string path, int seed)
    {
        var random = new Random(seed);
        using var bitmap = new SKBitmap(256, 256);
        using (var canvas = new SKCanvas(bitmap))
        using (var paint = new SKPaint())
        {
            for (var i = 0; i < 400; i++)
            {
                paint.Color = new SKColor((uint)random.Next()).WithAlpha(255);
                canvas.DrawCircle(random.Next(256), random.Next(256), random.Next(2, 40), paint);
            }
        }
        using var image = SKImage.FromBitmap(bitmap);
        using var bytes = image.Encode(SKEncodedImageFormat.Jpeg, 90);
        File.WriteAllBytes(path, bytes.ToArray());
        return path;
    }

    private static long ResidentMegabytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64 >> 20;
    }

    private sealed class Row
    {
        public string Image { get; set; } = "";

        public string Label { get; set; } = "";
    }

    private sealed class Prediction
    {
        public float[] Score { get; set; } = [];
    }
}
