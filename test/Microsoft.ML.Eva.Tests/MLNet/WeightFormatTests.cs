using Xunit.Abstractions;
using static Microsoft.ML.Eva.Tests.MLNet.TinyData;

namespace Microsoft.ML.Eva.Tests.MLNet;

public sealed class WeightFormatTests(ITestOutputHelper output)
{
    private readonly MLContext _ml = new(seed: 1);

    [Theory]
    [InlineData(WeightFormat.Float16, 5e-3f)]
    [InlineData(WeightFormat.BFloat16, 4e-2f)]
    public void Save_InHalfTheBits_IsSmallerAndScoresNearlyTheSame(WeightFormat format, float tolerance)
    {
        var data = _ml.Data.LoadFromEnumerable(Rows());
        var options = TinyOptions(epochs: 2);
        options.SavedWeights = format;
        var model = _ml.Pipeline(options).Fit(data);
        using var eva = model.Eva();
        var scores = model.Transform(data).Scores();

        var small = Save(model, data.Schema);
        eva.SavedWeights = WeightFormat.Float32;
        var full = Save(model, data.Schema);

        var (smallWeights, fullWeights) = (WeightBytes(small), WeightBytes(full));
        Assert.InRange((double)smallWeights / fullWeights, 0.45, 0.65); // the header is as long as before
        var loaded = _ml.Model.Load(new MemoryStream(small), out _);
        using var loadedEva = loaded.Eva();
        var loadedScores = loaded.Transform(data).Scores();
        var largest = scores.Zip(loadedScores).Max(rows => rows.First.Zip(rows.Second).Max(pair => Math.Abs(pair.First - pair.Second)));
        output.WriteLine($"{format}: {smallWeights} of {fullWeights} bytes, scores differ by {largest:g3}");
        Assert.InRange(largest, float.Epsilon, tolerance);
        // Saved again it is the same file: nothing more is lost.
        Assert.Equal(format, loadedEva.SavedWeights);
        var again = _ml.Model.Load(new MemoryStream(Save(loaded, data.Schema)), out _);
        using var againEva = again.Eva();
        Assert.Equal(loadedScores, again.Transform(data).Scores());
    }

    [Theory]
    [InlineData("resnet-basic", WeightFormat.Float16, 5e-3f)]
    [InlineData("resnet-basic", WeightFormat.BFloat16, 4e-2f)]
    [InlineData("dinov2", WeightFormat.Float16, 5e-3f)]
    [InlineData("vit", WeightFormat.BFloat16, 4e-2f)]
    public void Save_PicturesInHalfTheBits_IsSmallerAndScoresNearlyTheSame(string family, WeightFormat format, float tolerance)
    {
        var data = _ml.Data.LoadFromEnumerable(TinyPictures.Rows());
        var model = _ml.ImagePipeline(TinyPictures.PictureOptions(family, epochs: 4)).Fit(data);
        using var eva = model.Eva();
        var scores = model.Transform(data).Scores();

        var full = Save(model, data.Schema);
        eva.SavedWeights = format;
        var small = Save(model, data.Schema);

        Assert.InRange((double)WeightBytes(small) / WeightBytes(full), 0.45, 0.7); // the header is as long as before
        var loaded = _ml.Model.Load(new MemoryStream(small), out _);
        using var loadedEva = loaded.Eva();
        var loadedScores = loaded.Transform(data).Scores();
        Assert.Equal(scores, model.Transform(data).Scores());
        Assert.InRange(scores.Zip(loadedScores).Max(rows => rows.First.Zip(rows.Second).Max(pair => Math.Abs(pair.First - pair.Second))), float.Epsilon, tolerance);
        Assert.Equal(loadedScores, _ml.Model.Load(new MemoryStream(Save(loaded, data.Schema)), out _).Transform(data).Scores());
    }

    [Fact]
    public void SavedWeights_UnknownFormat_IsRefused()
    {
        var options = TinyOptions();
        options.SavedWeights = (WeightFormat)7;

        Assert.Contains("SavedWeights", Assert.Throws<ArgumentException>(() => _ml.Trainer(options)).Message);
    }

    private byte[] Save(ITransformer model, DataViewSchema schema)
    {
        using var file = new MemoryStream();
        _ml.Model.Save(model, schema, file);
        return file.ToArray();
    }

    private static long WeightBytes(byte[] file)
    {
        using var zip = new System.IO.Compression.ZipArchive(new MemoryStream(file));
        return zip.Entries.Single(entry => entry.Name == "weights.safetensors").Length;
    }
}
