using System.Text;
using Microsoft.ML.Data;
using Microsoft.ML.Eva.Persistence;
using static Microsoft.ML.Eva.Tests.MLNet.TinyPictures;

namespace Microsoft.ML.Eva.Tests.MLNet;

public sealed class ImageClassificationTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly string _folder = Directory.CreateTempSubdirectory("pictures").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private IDataView Data(IEnumerable<PictureRow>? rows = null) => _ml.Data.LoadFromEnumerable(rows ?? Rows());

    [Theory]
    [InlineData("resnet-basic")]
    [InlineData("resnet-bottleneck")]
    [InlineData("vit")]
    [InlineData("dinov2")]
    [InlineData("dinov2-swiglu")]
    [InlineData("dinov2-registers")]
    public void Fit_EveryFamily_LearnsTheTask(string family)
    {
        using var model = _ml.ImagePipeline(PictureOptions(family, epochs: 12)).Fit(Data()).Eva();
        var keyed = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(Data()).Transform(Data());

        var metrics = _ml.MulticlassClassification.Evaluate(model.Transform(keyed));

        Assert.True(metrics.MicroAccuracy > 0.9, $"accuracy {metrics.MicroAccuracy}");
        Assert.True(model.Report!.EvaBatches > 0);
        Assert.Equal("UnitVariance", model.Report.Settings["Adapter.Initialization.Whitening"]); // left open, and chosen for pictures
        Assert.Contains(model.Report.Ranks.Values, rank => rank > 0);
    }

    [Fact]
    public void Fit_WhiteningLeftOpen_IsUnitVariance()
    {
        float[][] Scores(EvaWhitening? whitening)
        {
            var options = PictureOptions(epochs: 1);
            options.Adapter = new LoraOptions { Rank = 2, Alpha = 2, Initialization = new EvaOptions { BatchSize = 16, MaxBatches = 6, Whitening = whitening } };
            using var model = _ml.ImagePipeline(options).Fit(Data()).Eva();
            return model.Transform(_ml.Transforms.Conversion.MapValueToKey("Label").Fit(Data()).Transform(Data())).Scores();
        }

        var open = Scores(null);

        Assert.Equal(Scores(EvaWhitening.UnitVariance), open);
        Assert.NotEqual(Scores(EvaWhitening.None), open);
    }

    [Fact]
    public void Fit_Dora_LearnsOnConvolutionsToo()
    {
        var options = PictureOptions(epochs: 12);
        options.Adapter = new DoraOptions { Rank = 2, Alpha = 2, Initialization = new EvaOptions { BatchSize = 16, MaxBatches = 6 } };

        var metrics = _ml.MulticlassClassification.Evaluate(_ml.ImagePipeline(options).Fit(Data()).Transform(Data()));

        Assert.True(metrics.MicroAccuracy > 0.9, $"accuracy {metrics.MicroAccuracy}");
    }

    [Fact]
    public void SaveAndLoad_GiveTheSameScoresAndReport_AndTheSameBytesForTheSameSeed()
    {
        var (first, second) = (_ml.ImagePipeline(PictureOptions(epochs: 1)).Fit(Data()), new MLContext(seed: 1).ImagePipeline(PictureOptions(epochs: 1)).Fit(Data()));
        using var file = new MemoryStream();
        using var other = new MemoryStream();
        _ml.Model.Save(first, Data().Schema, file);
        _ml.Model.Save(second, Data().Schema, other);

        var loaded = new MLContext().Model.Load(file, out _);

        Assert.Equal(first.Transform(Data()).Scores(), loaded.Transform(Data()).Scores());
        Assert.Equal(first.Eva().Report!.Ranks, loaded.Eva().Report!.Ranks);
        Assert.Equal(ModelEntries(file), ModelEntries(other));
    }

    [Fact]
    public void Transform_AndPredictionEngine_GiveTheSameScores()
    {
        var model = _ml.ImagePipeline(PictureOptions(epochs: 1)).Fit(Data());
        using var engine = _ml.Model.CreatePredictionEngine<PictureRow, TinyData.Prediction>(model);
        var rows = Rows(150); // more than one chunk of RowsAhead

        var batched = model.Transform(Data(rows)).Scores();

        Assert.Equal(rows.Count, batched.Length);
        foreach (var (row, scores) in rows.Zip(batched))
            Assert.All(engine.Predict(row).Score.Zip(scores), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    [Fact]
    public void Columns_BytesPathsAndImages_GiveTheSameModel()
    {
        var paths = _ml.Data.LoadFromEnumerable(WriteFiles(Rows()));
        var options = PictureOptions(epochs: 2);
        options.ImageFolder = _folder;
        var images = _ml.Transforms.LoadImages("Image", _folder, "Image").Fit(paths).Transform(paths);

        var expected = _ml.ImagePipeline(PictureOptions(epochs: 2)).Fit(Data()).Transform(Data()).Scores();
        var fromPaths = _ml.ImagePipeline(options).Fit(paths).Transform(paths).Scores();
        var fromImages = _ml.ImagePipeline(PictureOptions(epochs: 2)).Fit(images).Transform(images).Scores();

        Assert.Equal(expected, fromPaths);
        Assert.Equal(expected, fromImages);
    }

    [Fact]
    public void GetOutputSchema_EveryKindOfColumn_AgreesWithTransform()
    {
        var paths = _ml.Data.LoadFromEnumerable(WriteFiles(Rows(4)));
        foreach (var data in new[] { Data(Rows(4)), paths, _ml.Transforms.LoadImages("Image", _folder, "Image").Fit(paths).Transform(paths), _ml.Transforms.LoadRawImageBytes("Image", _folder, "Image").Fit(paths).Transform(paths) })
        {
            var promised = _ml.ImagePipeline().GetOutputSchema(TinyData.ShapeOf(data.Schema));

            Assert.Superset(new HashSet<string> { "Image", "Label", "Score", "PredictedLabel" }, promised.Select(column => column.Name).ToHashSet());
        }
    }

    [Fact]
    public void Fit_BrokenPicture_NamesRowAndFile()
    {
        var rows = WriteFiles(Rows());
        File.WriteAllText(Path.Combine(_folder, rows[5].Image), "no picture");
        var options = PictureOptions(epochs: 1);
        options.ImageFolder = _folder;

        var error = Assert.Throws<InvalidDataException>(() => _ml.ImagePipeline(options).Fit(_ml.Data.LoadFromEnumerable(rows)));

        Assert.Contains("Row 5 of column 'Image'", error.Message);
        Assert.Contains(rows[5].Image, error.Message);
    }

    [Fact]
    public void Fit_SkippingBrokenPictures_CountsThem_AndKeepsTheOthersLabels()
    {
        var rows = WriteFiles(Rows());
        File.WriteAllBytes(Path.Combine(_folder, rows[5].Image), []);
        rows[8].Image = "missing.png";
        rows[9].Label = null;
        rows[11].Image = " ";
        var options = PictureOptions(epochs: 12);
        (options.ImageFolder, options.SkipsBrokenPictures) = (_folder, true);
        var messages = new List<string>();
        _ml.Log += (_, e) => messages.Add(e.Message);

        var model = _ml.ImagePipeline(options).Fit(_ml.Data.LoadFromEnumerable(rows));
        rows.RemoveAll(row => row.Label is null || row.Image == " " || !File.Exists(Path.Combine(_folder, row.Image)) || new FileInfo(Path.Combine(_folder, row.Image)).Length == 0);
        var metrics = _ml.MulticlassClassification.Evaluate(model.Transform(_ml.Data.LoadFromEnumerable(rows)));

        var report = model.Eva().Report!;
        Assert.Equal((44, 3, 1), (report.Rows, report.RowsUnreadable, report.RowsWithoutLabel));
        Assert.Contains(messages, message => message.Contains("3 of 47 training pictures cannot be read") && message.Contains("missing.png") && message.Contains("Row 11 of column 'Image' has no picture: its path is empty."));
        Assert.True(metrics.MicroAccuracy > 0.9, $"accuracy {metrics.MicroAccuracy}");
    }

    [Fact]
    public void Transform_BrokenPicture_IsAnError_NotAnotherRowsScore()
    {
        var model = _ml.ImagePipeline(PictureOptions(epochs: 1)).Fit(Data());
        var rows = Rows(8);
        rows[3].Image = [1, 2, 3];

        var error = Assert.ThrowsAny<Exception>(() => model.Transform(Data(rows)).Scores());

        Assert.Contains("Row 3 of column 'Image'", error.ToString());
    }

    [Fact]
    public void Fit_OnlyBrokenPictures_SaysSo()
    {
        var options = PictureOptions();
        options.SkipsBrokenPictures = true;
        var rows = Rows(4);
        rows.ForEach(row => row.Image = [0]);

        var error = Assert.Throws<ArgumentException>(() => _ml.ImagePipeline(options).Fit(Data(rows)));

        Assert.Contains("None of the 4 pictures", error.Message);
    }

    [Fact]
    public void Fit_WrongColumnType_NamesColumnAndTypes()
    {
        var data = _ml.Data.LoadFromEnumerable([new NumberRow { Label = "a" }, new NumberRow { Label = "b" }]);

        foreach (var error in new[] { Assert.Throws<ArgumentException>(() => _ml.ImagePipeline().Fit(data)), Assert.Throws<ArgumentException>(() => _ml.ImagePipeline().GetOutputSchema(TinyData.ShapeOf(data.Schema))) })
        {
            Assert.Contains("'Image'", error.Message);
            Assert.Contains("MLImage", error.Message);
        }
    }

    [Fact]
    public void Fit_CheckpointOfTheOtherKind_IsRefused()
    {
        var (pictures, texts) = (PictureOptions(), TinyData.TinyOptions());
        (pictures.Checkpoint, texts.Checkpoint) = (texts.Checkpoint, pictures.Checkpoint);

        var forPictures = Assert.Throws<ArgumentException>(() => _ml.ImagePipeline(pictures).Fit(Data()));
        var forTexts = Assert.Throws<ArgumentException>(() => _ml.Pipeline(texts).Fit(_ml.Data.LoadFromEnumerable(TinyData.Rows())));

        Assert.Contains("for texts, not for pictures", forPictures.Message);
        Assert.Contains("for pictures, not for texts", forTexts.Message);
    }

    [Fact]
    public void EvaLoraImage_ImpossibleOptions_NamesAll()
    {
        var options = new EvaLoraImageOptions { ImageColumnName = "", ImageSize = 3, ImageFolder = " ", Augmentation = new ImageAugmentationOptions { ColorJitter = 2 } };

        var error = Assert.Throws<ArgumentException>(() => _ml.MulticlassClassification.Trainers.EvaLoraImage(options));

        Assert.All(["ImageColumnName", "ImageSize", "ImageFolder", "ColorJitter"], name => Assert.Contains(name, error.Message));
    }

    [Fact]
    public void Fit_WithValidationSet_KeepsTheBestEpoch()
    {
        var options = PictureOptions(epochs: 3);
        options.ValidationSet = Data(Rows(16));

        var report = _ml.ImagePipeline(options).Fit(Data()).Eva().Report!;

        Assert.Equal(3, report.ValidationMetrics.Count);
        Assert.Equal(report.ValidationMetrics.Max(), report.ValidationMetrics[report.BestEpoch - 1]);
    }

    [Fact]
    public void Manifest_OfATextModelWrittenBeforePictures_IsRead()
    {
        var json = """
            { "format": 1, "task": "text-classification", "checkpoint": "c", "input_columns": ["Text"], "score_column": "Score",
              "predicted_label_column": "PredictedLabel", "head": "mean", "outputs": 2, "max_tokens": 128, "files": [] }
            """;

        var manifest = ModelManifest.Parse(Encoding.UTF8.GetBytes(json));

        Assert.Equal((128, null, null), (manifest.MaxTokens, manifest.ImageSize, manifest.ImageFolder));
        Assert.DoesNotContain("image", Encoding.UTF8.GetString(manifest.ToJson()));
    }

    private List<PathRow> WriteFiles(List<PictureRow> rows) => [.. rows.Select(row =>
    {
        var name = $"{row.Id}.png";
        File.WriteAllBytes(Path.Combine(_folder, name), row.Image);
        return new PathRow { Image = name, Label = row.Label };
    })];

    // Without ML.NET's own entries, one of which holds the time.
    private static List<(string Name, string Content)> ModelEntries(MemoryStream file)
    {
        using var zip = new System.IO.Compression.ZipArchive(new MemoryStream(file.ToArray()));
        return [.. zip.Entries.Where(entry => entry.FullName.Contains("manifest") || entry.FullName.Contains("weights") || entry.FullName.Contains("report")).Select(entry =>
        {
            using var stream = entry.Open();
            using var content = new MemoryStream();
            stream.CopyTo(content);
            return (entry.FullName, Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(content.ToArray())));
        })];
    }
}
