using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.Data;
using SkiaSharp;

namespace Microsoft.ML.Eva.Data.Images;

/// <summary>
/// Decodes picture files. The format is found in the content, not in the name; the size is read from the header and refused
/// before memory is taken for it; colour profiles are not applied; of an animation the first frame counts.
/// </summary>
internal sealed class PictureDecoder(PictureDecoding decoding, long maxPixels = PictureDecoder.DefaultMaxPixels)
{
    /// <summary>The default limit: 64 Mi pixels, a quarter of a gigabyte when decoded.</summary>
    public const long DefaultMaxPixels = 1L << 26;

    private const string KnownFormats = "BMP, GIF, ICO, JPEG, PNG, WBMP, WebP";

    /// <summary>Decodes a file's content.</summary>
    /// <param name="bytes">The content.</param>
    /// <param name="source">What messages call it: the file, or column and row.</param>
    /// <exception cref="InvalidDataException">The content is no picture, is damaged or too large.</exception>
    public Picture Decode(ReadOnlySpan<byte> bytes, string source)
    {
        if (bytes.IsEmpty)
            throw new InvalidDataException($"{source} is no picture: it has 0 bytes.");
        using var data = SKData.CreateCopy(bytes);
        using var codec = SKCodec.Create(data) ?? throw NoPicture(bytes, source);
        CheckSize(codec.Info.Width, codec.Info.Height, source);
        if (!decoding.ScalesDeepGray && DeepGrayPng.TryDecode(bytes, codec.Info.Width, codec.Info.Height, source) is { } deep)
            return deep;
        var picture = Pixels(codec, source);
        if (decoding.OnWhite && codec.Info.AlphaType != SKAlphaType.Opaque)
            ShowOnWhite(picture.Pixels);
        return decoding.Upright ? PictureOrientation.Upright(picture, (int)codec.EncodedOrigin) : picture;
    }

    /// <summary>Takes the pixels of an ML.NET picture, whose alpha is premultiplied (ML.NET turns nothing upright itself).</summary>
    /// <exception cref="InvalidDataException">The picture is too large.</exception>
    public Picture Decode(MLImage image, string source)
    {
        CheckSize(image.Width, image.Height, source);
        var picture = new Picture(image.Width, image.Height, image.Pixels.ToArray());
        var pixels = picture.Pixels;
        for (var i = 0; i < pixels.Length; i += Picture.BytesPerPixel)
        {
            if (image.PixelFormat == MLPixelFormat.Bgra32)
                (pixels[i], pixels[i + 2]) = (pixels[i + 2], pixels[i]);
            var white = decoding.OnWhite ? 255 - pixels[i + 3] : 0;
            for (var c = i; white > 0 && c < i + 3; c++)
                pixels[c] = (byte)Math.Min(255, pixels[c] + white);
        }
        return picture;
    }

    private void CheckSize(int width, int height, string source)
    {
        if (width < 1 || height < 1 || (long)width * height > maxPixels)
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"{source} says it has {width}×{height} pixels; from 1 to {maxPixels} pixels can be read."));
    }

    private static Picture Pixels(SKCodec codec, string source)
    {
        var alpha = codec.Info.AlphaType == SKAlphaType.Opaque ? SKAlphaType.Opaque : SKAlphaType.Unpremul;
        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, alpha);
        var picture = Picture.Black(info.Width, info.Height);
        var pinned = GCHandle.Alloc(picture.Pixels, GCHandleType.Pinned);
        try
        {
            var result = codec.GetPixels(info, pinned.AddrOfPinnedObject());
            return result == SKCodecResult.Success ? picture : throw new InvalidDataException(result switch
            {
                SKCodecResult.IncompleteInput => $"{source} is cut off: its {codec.EncodedFormat} data end before the last pixel.",
                SKCodecResult.ErrorInInput => $"{source} is damaged: its {codec.EncodedFormat} data make no picture.",
                _ => $"{source} cannot be decoded: {codec.EncodedFormat} {result}.",
            });
        }
        finally
        {
            pinned.Free();
        }
    }

    private static void ShowOnWhite(byte[] pixels)
    {
        for (var i = 0; i < pixels.Length; i += Picture.BytesPerPixel)
        {
            int alpha = pixels[i + 3];
            for (var c = i; alpha < 255 && c < i + 3; c++)
                pixels[c] = (byte)(((pixels[c] * alpha) + (255 * (255 - alpha)) + 127) / 255);
        }
    }

    private static InvalidDataException NoPicture(ReadOnlySpan<byte> bytes, string source) => new(
        $"{source} is no picture in a known format ({KnownFormats}), or is cut off in its header: it has {bytes.Length} bytes and begins with {Convert.ToHexString(bytes[..Math.Min(8, bytes.Length)])}.");
}
