using System.Runtime.InteropServices;

namespace Microsoft.ML.Eva.Data.Images;

/// <summary>
/// Training's variant of <see cref="ImagePreprocessor.Encode"/>: a random part of the picture, resized to the input, perhaps
/// mirrored, perhaps in other colours. Changes nothing, so many threads may use one.
/// </summary>
internal sealed class ImageAugmenter(ImageAugmentationOptions options, ImagePreprocessor preprocessor, ulong seed)
{
    private const int Attempts = 10;

    /// <summary>Writes the values of the picture as <paramref name="row"/> shows it in <paramref name="epoch"/>.</summary>
    public void Encode(Picture picture, string source, long epoch, long row, Span<float> destination)
    {
        var random = new RowRandom(seed, epoch, row);
        if (options.SmallestCropArea >= 1 && !options.FlipsHorizontally && options.ColorJitter == 0)
        {
            preprocessor.Encode(picture, source, destination);
            return;
        }
        var fitting = options.SmallestCropArea >= 1
            ? preprocessor.Fit(picture, Whole(picture))
            : preprocessor.Fit(picture, RandomRegion(picture, ref random));
        if (options.FlipsHorizontally && random.NextDouble() < 0.5)
            Mirror(fitting);
        if (options.ColorJitter > 0)
            Recolor(fitting, ref random);
        preprocessor.Normalize(fitting, destination);
    }

    // A rectangle of random area and ratio at a random place; where ten do not fit, the largest one around the centre.
    private PictureRegion RandomRegion(Picture picture, ref RowRandom random)
    {
        var area = (double)picture.Width * picture.Height;
        var ratio = (double)preprocessor.Width / preprocessor.Height;
        var stretch = Math.Log(options.LargestCropStretch);
        for (var i = 0; i < Attempts; i++)
        {
            var target = area * random.NextDouble(options.SmallestCropArea, 1);
            var sides = ratio * Math.Exp(random.NextDouble(-stretch, stretch));
            var (width, height) = (Math.Round(Math.Sqrt(target * sides)), Math.Round(Math.Sqrt(target / sides)));
            if (width >= 1 && height >= 1 && width <= picture.Width && height <= picture.Height)
                return new PictureRegion(random.Next(picture.Width - (int)width + 1), random.Next(picture.Height - (int)height + 1), (int)width, (int)height);
        }
        return Whole(picture);
    }

    // The largest rectangle around the centre whose sides have the input's ratio.
    private PictureRegion Whole(Picture picture)
    {
        var ratio = (double)preprocessor.Width / preprocessor.Height;
        var width = Math.Clamp((int)Math.Round(picture.Height * ratio), 1, picture.Width);
        var height = Math.Clamp((int)Math.Round(picture.Width / ratio), 1, picture.Height);
        return new PictureRegion((picture.Width - width) / 2, (picture.Height - height) / 2, width, height);
    }

    private static void Mirror(Picture picture)
    {
        for (var y = 0; y < picture.Height; y++)
            MemoryMarshal.Cast<byte, int>(picture.Row(y)).Reverse();
    }

    // Brightness, then contrast around the mean gray, then saturation around each pixel's gray.
    private void Recolor(Picture picture, ref RowRandom random)
    {
        var (least, most) = (1 - options.ColorJitter, 1 + options.ColorJitter);
        var (brightness, contrast, saturation) = ((float)random.NextDouble(least, most), (float)random.NextDouble(least, most), (float)random.NextDouble(least, most));
        var pixels = picture.Pixels;
        double sum = 0;
        for (var i = 0; i < pixels.Length; i += Picture.BytesPerPixel)
            sum += Gray(pixels[i], pixels[i + 1], pixels[i + 2]);
        var mean = brightness * (float)(sum / (pixels.Length / Picture.BytesPerPixel));
        for (var i = 0; i < pixels.Length; i += Picture.BytesPerPixel)
        {
            var gray = mean + (contrast * ((brightness * Gray(pixels[i], pixels[i + 1], pixels[i + 2])) - mean));
            for (var c = i; c < i + 3; c++)
            {
                var value = mean + (contrast * ((brightness * pixels[c]) - mean));
                pixels[c] = (byte)Math.Clamp(gray + (saturation * (value - gray)) + 0.5f, 0, 255);
            }
        }
    }

    // ITU-R BT.601
    private static float Gray(float red, float green, float blue) => (0.299f * red) + (0.587f * green) + (0.114f * blue);
}
