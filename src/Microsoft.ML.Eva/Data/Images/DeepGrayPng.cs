using System.Buffers.Binary;
using System.IO.Compression;

namespace Microsoft.ML.Eva.Data.Images;

/// <summary>
/// Reads 16-bit gray PNG files with all their bits, which Skia cuts to the upper eight, so that values can be clipped at 255 as
/// Pillow does. Interlaced files are left to Skia.
/// </summary>
internal static class DeepGrayPng
{
    private const int BytesPerSample = 2;
    private static ReadOnlySpan<byte> Signature => [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>The picture with values above 255 clipped, or null if the file is of another kind.</summary>
    /// <exception cref="InvalidDataException">The data are damaged.</exception>
    public static Picture? TryDecode(ReadOnlySpan<byte> bytes, int width, int height, string source)
    {
        // Signature, length, "IHDR", width, height, then depth, colour type, compression, filter, interlace.
        if (bytes.Length < 29 || !bytes.StartsWith(Signature) || bytes[24] != 16 || bytes[25] != 0 || bytes[28] != 0)
            return null;
        using var compressed = Data(bytes);
        using var rows = new ZLibStream(compressed, CompressionMode.Decompress);
        return Decode(rows, width, height, source);
    }

    private static Picture Decode(Stream rows, int width, int height, string source)
    {
        var picture = Picture.Black(width, height);
        var (previous, current) = (new byte[width * BytesPerSample], new byte[width * BytesPerSample]);
        for (var y = 0; y < height; y++)
        {
            Unfilter(ReadRow(rows, current, source), current, previous, source);
            var row = picture.Row(y);
            for (var x = 0; x < width; x++)
                row.Slice(x * Picture.BytesPerPixel, 3).Fill((byte)Math.Min(255, (int)BinaryPrimitives.ReadUInt16BigEndian(current.AsSpan(x * BytesPerSample))));
            (previous, current) = (current, previous);
        }
        return picture;
    }

    // Fills the row and returns its filter.
    private static int ReadRow(Stream rows, byte[] row, string source)
    {
        try
        {
            var filter = rows.ReadByte();
            rows.ReadExactly(row);
            return filter;
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException($"{source} is cut off: its PNG data end before the last pixel.", e);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{source} is damaged: its PNG data cannot be decompressed.", e);
        }
    }

    // The five filters of the PNG specification, section 9.
    private static void Unfilter(int filter, byte[] current, byte[] above, string source)
    {
        if (filter is < 0 or > 4)
            throw new InvalidDataException($"{source} is damaged: a row of its PNG data has the filter {filter}; known are 0 to 4.");
        for (var i = 0; i < current.Length && filter != 0; i++)
        {
            var (left, upperLeft) = i < BytesPerSample ? ((byte)0, (byte)0) : (current[i - BytesPerSample], above[i - BytesPerSample]);
            current[i] += filter switch
            {
                1 => left,
                2 => above[i],
                3 => (byte)((left + above[i]) / 2),
                _ => Paeth(left, above[i], upperLeft),
            };
        }
    }

    private static byte Paeth(int left, int above, int upperLeft)
    {
        var estimate = left + above - upperLeft;
        var (toLeft, toAbove, toUpperLeft) = (Math.Abs(estimate - left), Math.Abs(estimate - above), Math.Abs(estimate - upperLeft));
        return (byte)(toLeft <= toAbove && toLeft <= toUpperLeft ? left : toAbove <= toUpperLeft ? above : upperLeft);
    }

    private static MemoryStream Data(ReadOnlySpan<byte> bytes)
    {
        var data = new MemoryStream();
        for (var at = Signature.Length; bytes.Length - at >= 12;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
            if (length > bytes.Length - at - 12)
                break;
            if (bytes.Slice(at + 4, 4).SequenceEqual("IDAT"u8))
                data.Write(bytes.Slice(at + 8, (int)length));
            at += 12 + (int)length;
        }
        data.Position = 0;
        return data;
    }
}
