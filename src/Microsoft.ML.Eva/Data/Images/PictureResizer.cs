using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Eva.Data.Images;

/// <summary>
/// Resizes as Pillow does, byte for byte: two passes with an antialiasing filter, each rounded and clipped to bytes. Only what
/// the window shows is computed, so a crop of an enormous picture costs no more than the crop.
/// </summary>
internal static class PictureResizer
{
    private const int Half = 1 << (ResampleWeights.Precision - 1);

    /// <summary>Resizes <paramref name="region"/> of the source to width × height and returns the window of the result.</summary>
    public static Picture Resize(Picture source, PictureRegion region, int width, int height, ResampleFilter filter, PictureRegion window)
    {
        var columns = ResampleWeights.Create(filter, region.Width, width, window.Left, window.Width);
        var rows = ResampleWeights.Create(filter, region.Height, height, window.Top, window.Height);
        // Pillow 13 begins with the pass that saves more: downwards in a picture that is reduced far more in height.
        if (region.Height > height && region.Height - height > 2 * (region.Width - width))
        {
            var narrow = region with { Left = region.Left + columns.First, Width = columns.End - columns.First };
            return Across(Down(source, narrow, rows), columns, columns.First, 0, window.Height);
        }
        var across = Across(source, columns, -region.Left, region.Top + rows.First, rows.End - rows.First);
        return Down(across, new PictureRegion(0, -rows.First, across.Width, region.Height), rows);
    }

    /// <summary>Resizes the whole picture.</summary>
    public static Picture Resize(Picture source, int width, int height, ResampleFilter filter) =>
        Resize(source, PictureRegion.Whole(source), width, height, filter, new PictureRegion(0, 0, width, height));

    // Source column c of the weights stands at c − shift.
    private static Picture Across(Picture source, ResampleWeights columns, int shift, int firstRow, int rowCount)
    {
        var result = Picture.Black(columns.Count, rowCount);
        for (var y = 0; y < rowCount; y++)
        {
            var from = MemoryMarshal.Cast<byte, uint>(source.Row(firstRow + y));
            var to = MemoryMarshal.Cast<byte, uint>(result.Row(y));
            for (var x = 0; x < to.Length; x++)
            {
                var weights = columns.At(x, out var start);
                var pixels = from.Slice(start - shift, weights.Length);
                var sum = Vector128.Create(Half);
                for (var k = 0; k < weights.Length; k++)
                    sum += Widened(pixels[k]) * weights[k];
                to[x] = Narrowed(sum);
            }
        }
        return result;
    }

    private static Picture Down(Picture source, PictureRegion region, ResampleWeights rows)
    {
        var result = Picture.Black(region.Width, rows.Count);
        for (var y = 0; y < rows.Count; y++)
        {
            var weights = rows.At(y, out var start);
            var from = source.Pixels.AsSpan(((region.Top + start) * source.Stride) + (region.Left * Picture.BytesPerPixel));
            var to = result.Row(y);
            var x = 0;
            for (; x <= to.Length - Vector128<byte>.Count; x += Vector128<byte>.Count)
                DownSixteen(from[x..], source.Stride, weights, to[x..]);
            for (; x < to.Length; x += Picture.BytesPerPixel)
            {
                var sum = Vector128.Create(Half);
                for (var k = 0; k < weights.Length; k++)
                    sum += Widened(MemoryMarshal.Read<uint>(from[((k * source.Stride) + x)..])) * weights[k];
                MemoryMarshal.Write(to[x..], Narrowed(sum));
            }
        }
        return result;
    }

    private static void DownSixteen(ReadOnlySpan<byte> from, int stride, ReadOnlySpan<int> weights, Span<byte> to)
    {
        var (sum0, sum1, sum2, sum3) = (Vector128.Create(Half), Vector128.Create(Half), Vector128.Create(Half), Vector128.Create(Half));
        for (var k = 0; k < weights.Length; k++)
        {
            var (low, high) = Vector128.Widen(Vector128.Create(from.Slice(k * stride, Vector128<byte>.Count)));
            var ((first, second), (third, fourth)) = (Vector128.Widen(low.AsInt16()), Vector128.Widen(high.AsInt16()));
            var weight = Vector128.Create(weights[k]);
            sum0 += first * weight;
            sum1 += second * weight;
            sum2 += third * weight;
            sum3 += fourth * weight;
        }
        Vector128.Narrow(Vector128.Narrow(Clip(sum0), Clip(sum1)).AsUInt16(), Vector128.Narrow(Clip(sum2), Clip(sum3)).AsUInt16()).CopyTo(to);
    }

    // The four bytes of a pixel as integers.
    private static Vector128<int> Widened(uint pixel) => Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalar(pixel).AsByte()).AsInt16());

    // Rounded and clipped to the four bytes of a pixel.
    private static uint Narrowed(Vector128<int> sum)
    {
        var shorts = Vector128.Narrow(Clip(sum), Vector128<int>.Zero).AsUInt16();
        return Vector128.Narrow(shorts, Vector128<ushort>.Zero).AsUInt32().ToScalar();
    }

    private static Vector128<int> Clip(Vector128<int> sum) =>
        Vector128.Min(Vector128.Max(Vector128.ShiftRightArithmetic(sum, ResampleWeights.Precision), Vector128<int>.Zero), Vector128.Create(255));
}
