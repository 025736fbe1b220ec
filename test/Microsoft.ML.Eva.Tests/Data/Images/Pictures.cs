using Microsoft.ML.Eva.Data.Images;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Data.Images;

/// <summary>The pictures of fixtures/images, and tensors of pixels [height, width, 3] as pictures.</summary>
internal static class Pictures
{
    public static byte[] Bytes(string file) => File.ReadAllBytes(Fixture.PathTo("images", "pictures", file));

    public static Picture FromTensor(Tensor pixels)
    {
        var picture = Picture.Black((int)pixels.shape[1], (int)pixels.shape[0]);
        using var flat = pixels.flatten();
        var bytes = flat.data<byte>().ToArray();
        for (var i = 0; i < bytes.Length; i++)
            picture.Pixels[(i / 3 * Picture.BytesPerPixel) + (i % 3)] = bytes[i];
        return picture;
    }

    /// <summary>The largest and the mean difference of two pictures' colours.</summary>
    public static (int Largest, double Mean) Difference(Picture expected, Picture actual)
    {
        Assert.Equal((expected.Width, expected.Height), (actual.Width, actual.Height));
        var differences = Enumerable.Range(0, expected.Pixels.Length).Where(i => i % Picture.BytesPerPixel < 3).Select(i => Math.Abs(expected.Pixels[i] - actual.Pixels[i])).ToList();
        return (differences.Max(), differences.Average());
    }
}
