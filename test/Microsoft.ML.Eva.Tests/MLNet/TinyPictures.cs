using SkiaSharp;

namespace Microsoft.ML.Eva.Tests.MLNet;

/// <summary>Drawn pictures whose class a tiny network learns in a second, and the pipeline for them.</summary>
internal static class TinyPictures
{
    /// <summary>A checkpoint of some thousand random weights.</summary>
    public static Checkpoint CheckpointOf(string family) => Checkpoint.FromFolder(
        Path.Combine(Fixture.RepositoryRoot, "test", "Microsoft.ML.Eva.Tests", "Fixtures", "models", family, "base"));

    /// <summary>Rows of discs that are red or blue, at random places on a gray ground, as PNG files in memory.</summary>
    public static List<PictureRow> Rows(int count = 48) => [.. Enumerable.Range(0, count).Select(i => new PictureRow
    {
        Id = i,
        Image = Draw(new Random(i), isRed: i % 2 == 0),
        Label = i % 2 == 0 ? "red" : "blue",
    })];

    /// <summary>Options that learn the task.</summary>
    public static EvaLoraImageOptions PictureOptions(string family = "resnet-basic", int epochs = 8) => new()
    {
        Checkpoint = CheckpointOf(family),
        ImageSize = 28,
        Augmentation = new ImageAugmentationOptions { SmallestCropArea = 0.8 },
        Adapter = new LoraOptions { Rank = 2, Alpha = 2, Initialization = new EvaOptions { BatchSize = 16, MaxBatches = 6 } },
        Training = new TrainingOptions { Epochs = epochs, BatchSize = 8, LearningRate = 2e-2, Dropout = 0 },
    };

    /// <summary>Label to key, trainer, key to value.</summary>
    public static IEstimator<ITransformer> ImagePipeline(this MLContext ml, EvaLoraImageOptions? options = null) =>
        ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.EvaLoraImage(options ?? PictureOptions()))
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

    private static byte[] Draw(Random random, bool isRed)
    {
        using var bitmap = new SKBitmap(random.Next(30, 60), random.Next(30, 60));
        using var canvas = new SKCanvas(bitmap);
        var gray = (byte)random.Next(60, 160);
        canvas.Clear(new SKColor(gray, gray, gray));
        var strong = (byte)random.Next(180, 256);
        using var paint = new SKPaint { Color = isRed ? new SKColor(strong, 20, 20) : new SKColor(20, 20, strong) };
        canvas.DrawCircle(random.Next(10, bitmap.Width - 10), random.Next(10, bitmap.Height - 10), random.Next(8, 14), paint);
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    internal sealed class PictureRow
    {
        public int Id { get; set; }

        public byte[] Image { get; set; } = [];

        public string Label { get; set; } = "";
    }

    internal sealed class PathRow
    {
        public string Image { get; set; } = "";

        public string? Label { get; set; }
    }

    internal sealed class NumberRow
    {
        public float Image { get; set; }

        public string Label { get; set; } = "";
    }
}
