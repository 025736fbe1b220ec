namespace Microsoft.ML.Eva.Data.Images;

/// <summary>A rectangle of a picture, in pixels from its upper left corner.</summary>
internal readonly record struct PictureRegion(int Left, int Top, int Width, int Height)
{
    /// <summary>All of a picture.</summary>
    public static PictureRegion Whole(Picture picture) => new(0, 0, picture.Width, picture.Height);
}
