using Microsoft.ML.Eva.Data.Images;

namespace Microsoft.ML.Eva.Tests.Data.Images;

/// <summary>Variation of training pictures: seeded by row and epoch, within its bounds, off when switched off.</summary>
public sealed class ImageAugmenterTests
{
    private static readonly ImagePreprocessor Preprocessor = ImagePreprocessor.Create(null, 28);

    [Fact]
    public void Encode_AnyOrderOfRows_GivesTheSameValues()
    {
        var augmenter = new ImageAugmenter(new ImageAugmentationOptions { ColorJitter = 0.4 }, Preprocessor, seed: 3);
        var pictures = Enumerable.Range(0, 8).Select(i => Noise(40 + i, 60 - i, i)).ToArray();
        var forwards = pictures.Select((picture, row) => Encode(augmenter, picture, 2, row)).ToArray();

        var parallel = new float[pictures.Length][];
        Parallel.For(0, pictures.Length, i => parallel[pictures.Length - 1 - i] = Encode(augmenter, pictures[^(i + 1)], 2, pictures.Length - 1 - i));

        Assert.Equal(forwards, parallel);
    }

    [Fact]
    public void Encode_OtherEpochRowOrSeed_GivesOtherValues()
    {
        var picture = Noise(50, 50, 1);
        var options = new ImageAugmentationOptions();
        var values = Encode(new ImageAugmenter(options, Preprocessor, 3), picture, 0, 0);

        Assert.NotEqual(values, Encode(new ImageAugmenter(options, Preprocessor, 3), picture, 1, 0));
        Assert.NotEqual(values, Encode(new ImageAugmenter(options, Preprocessor, 3), picture, 0, 1));
        Assert.NotEqual(values, Encode(new ImageAugmenter(options, Preprocessor, 4), picture, 0, 0));
    }

    [Fact]
    public void Encode_AllOff_IsScoringsEncoding()
    {
        var options = new ImageAugmentationOptions { SmallestCropArea = 1, FlipsHorizontally = false };
        var picture = Noise(45, 61, 2);
        var expected = new float[Preprocessor.ValueCount];
        Preprocessor.Encode(picture, "cat.jpg", expected);

        Assert.Equal(expected, Encode(new ImageAugmenter(options, Preprocessor, 1), picture, 5, 9));
    }

    [Fact]
    public void Encode_Flip_MirrorsHalfOfThePictures()
    {
        var options = new ImageAugmentationOptions { SmallestCropArea = 1 };
        var picture = Picture.Black(28, 28);
        for (var y = 0; y < 28; y++)
            picture.Row(y)[..(14 * Picture.BytesPerPixel)].Fill(255);
        var augmenter = new ImageAugmenter(options, Preprocessor, 1);

        var mirrored = Enumerable.Range(0, 400).Count(row => Encode(augmenter, picture, 0, row) is var v && v[0] < v[27]);

        Assert.InRange(mirrored, 160, 240);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 900)]
    [InlineData(900, 3)]
    public void Encode_OddSizes_StaysWithinThePicture(int width, int height)
    {
        var augmenter = new ImageAugmenter(new ImageAugmentationOptions { SmallestCropArea = 0.01, ColorJitter = 0.9 }, Preprocessor, 1);
        for (var row = 0; row < 50; row++)
            Assert.All(Encode(augmenter, Noise(width, height, row), 0, row), value => Assert.InRange(value, -2.2f, 2.7f));
    }

    [Fact]
    public void Encode_Crops_SpreadOverThePicture()
    {
        // A ramp from black to white: a crop's mean tells where it lies.
        var picture = Picture.Black(256, 64);
        for (var y = 0; y < 64; y++)
            for (var x = 0; x < 256; x++)
                picture.Row(y).Slice(x * Picture.BytesPerPixel, 3).Fill((byte)x);
        var augmenter = new ImageAugmenter(new ImageAugmentationOptions { SmallestCropArea = 0.05, FlipsHorizontally = false }, Preprocessor, 1);

        var means = Enumerable.Range(0, 200).Select(row => Encode(augmenter, picture, 0, row).Take(28 * 28).Average()).ToList();

        Assert.True(means.Min() < -1.2 && means.Max() > 1.3, $"{means.Min()} … {means.Max()}");
        Assert.InRange(means.Average(), 0, 0.2); // the ramp's middle is at 0.07
    }

    [Theory]
    [InlineData(0, 1.3, 0, "SmallestCropArea")]
    [InlineData(double.NaN, 1.3, 0, "SmallestCropArea")]
    [InlineData(0.5, 0.9, 0, "LargestCropStretch")]
    [InlineData(0.5, 1.3, 1, "ColorJitter")]
    public void Validate_OutOfRange_NamesTheOption(double area, double stretch, double jitter, string option)
    {
        var validator = new OptionsValidator();
        new ImageAugmentationOptions { SmallestCropArea = area, LargestCropStretch = stretch, ColorJitter = jitter }.Validate(validator);

        Assert.Contains(option, Assert.Throws<ArgumentException>(() => validator.ThrowIfFaulty("options")).Message);
    }

    private static float[] Encode(ImageAugmenter augmenter, Picture picture, long epoch, long row)
    {
        var values = new float[Preprocessor.ValueCount];
        augmenter.Encode(picture, "cat.jpg", epoch, row, values);
        return values;
    }

    private static Picture Noise(int width, int height, int seed)
    {
        var picture = Picture.Black(width, height);
        new Random(seed).NextBytes(picture.Pixels);
        return picture;
    }
}
