using Microsoft.ML.Data;
using Microsoft.ML.Eva.Data.Images;
using Microsoft.ML.Eva.Scoring;
using Microsoft.ML.Transforms.Image;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Scoring;

/// <summary>One picture by every kind of column gives one input.</summary>
[Trait("Category", "Fixtures")]
public sealed class ImageInputTests
{
    private static readonly string Folder = Fixture.PathTo("images", "pictures");
    private static readonly string[] Files = ["rgb.jpg", "gray.jpg", "rgba.png", "plain.bmp", "two_frames.gif", "lossless.webp"];

    [Fact]
    public void ToBatch_PathsBytesAndImages_AreTheSame()
    {
        var ml = new MLContext(seed: 1);
        var paths = ml.Data.LoadFromEnumerable(Files.Select(file => new PathRow { Picture = file }));
        var bytes = ml.Transforms.LoadRawImageBytes("Picture", Folder).Fit(paths).Transform(paths);
        var images = ml.Transforms.LoadImages("Picture", Folder).Fit(paths).Transform(paths);

        var expected = Values(paths, Folder);

        Assert.Equal(expected, Values(bytes, null));
        var fromImages = Values(images, null);
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], fromImages[i], 0.02f); // a byte's step: ML.NET keeps colours multiplied with alpha
    }

    [Fact]
    public void ToBatch_ImagesInMemory_StayTheirOwners()
    {
        using var image = MLImage.CreateFromFile(Path.Combine(Folder, Files[0]));
        var data = new MLContext().Data.LoadFromEnumerable([new ImageRow { Picture = image }, new ImageRow { Picture = image }]);

        Assert.Equal(Values(data, null), Values(data, null));
        Assert.True(image.Width > 1);
    }

    [Fact]
    public void ToBatch_BrokenPicture_NamesRowAndFile()
    {
        var data = new MLContext().Data.LoadFromEnumerable([new PathRow { Picture = Files[0] }, new PathRow { Picture = "none.jpg" }]);

        var error = Assert.Throws<InvalidDataException>(() => Values(data, Folder));

        Assert.Contains("Row 1", error.Message);
        Assert.Contains("none.jpg", error.Message);
    }

    [Fact]
    public void FindColumns_OtherType_NamesColumnAndType()
    {
        var data = new MLContext().Data.LoadFromEnumerable([new NumberRow { Picture = 1 }]);

        var error = Assert.Throws<ArgumentException>(() => Values(data, null));

        Assert.Contains("'Picture'", error.Message);
        Assert.Contains("MLImage", error.Message);
    }

    private static float[] Values(IDataView data, string? folder)
    {
        var input = new ImageInput("Picture", folder, new PictureDecoder(PictureDecoding.AsSeen), ImagePreprocessor.Create(null, 28));
        using var cursor = data.GetRowCursor(data.Schema.Where(column => column.Name == "Picture"));
        var read = input.CreateReader(cursor);
        var rows = new List<EncodedRow>();
        while (cursor.MoveNext())
            rows.Add(read());
        using var batch = input.ToBatch(rows, CPU);
        return batch.Inputs.data<float>().ToArray();
    }

    private sealed class PathRow
    {
        public string Picture { get; set; } = "";
    }

    private sealed class NumberRow
    {
        public float Picture { get; set; }
    }

    private sealed class ImageRow
    {
        [ImageType(73, 42)]
        public MLImage? Picture { get; set; }
    }
}
