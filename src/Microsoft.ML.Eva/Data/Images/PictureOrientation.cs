namespace Microsoft.ML.Eva.Data.Images;

/// <summary>Turns and mirrors a picture as its EXIF orientation (1 to 8) says it was taken.</summary>
internal static class PictureOrientation
{
    /// <summary>The picture as it should be seen; the same object if it is upright already.</summary>
    public static Picture Upright(Picture picture, int orientation)
    {
        if (orientation is < 2 or > 8)
            return picture;
        var swapsSides = orientation >= 5;
        var (width, height) = swapsSides ? (picture.Height, picture.Width) : (picture.Width, picture.Height);
        var result = Picture.Black(width, height);
        var (right, bottom) = (picture.Width - 1, picture.Height - 1);
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
            {
                var (fromX, fromY) = orientation switch
                {
                    2 => (right - x, y),
                    3 => (right - x, bottom - y),
                    4 => (x, bottom - y),
                    5 => (y, x),
                    6 => (y, bottom - x),
                    7 => (right - y, bottom - x),
                    _ => (right - y, x),
                };
                var from = (fromY * picture.Stride) + (fromX * Picture.BytesPerPixel);
                picture.Pixels.AsSpan(from, Picture.BytesPerPixel).CopyTo(result.Row(y)[(x * Picture.BytesPerPixel)..]);
            }
        return result;
    }
}
