namespace Microsoft.ML.Eva.Data.Images;

/// <summary>A decoded picture: rows from the top, four bytes a pixel – red, green, blue and one that means nothing.</summary>
internal sealed record Picture(int Width, int Height, byte[] Pixels)
{
    /// <summary>Bytes of a pixel.</summary>
    public const int BytesPerPixel = 4;

    /// <summary>Bytes of a row.</summary>
    public int Stride => Width * BytesPerPixel;

    /// <summary>One row's bytes.</summary>
    public Span<byte> Row(int y) => Pixels.AsSpan(y * Stride, Stride);

    /// <summary>A picture of that size with all bytes 0.</summary>
    public static Picture Black(int width, int height) => new(width, height, new byte[checked(width * height * BytesPerPixel)]);
}
