namespace Microsoft.ML.Eva.Data.Images;

/// <summary>What becomes of the parts of a picture file that an RGB picture has no place for.</summary>
/// <param name="Upright">Whether the picture is turned as its EXIF orientation says.</param>
/// <param name="OnWhite">Whether transparent pixels show white, instead of the colour hidden in them.</param>
/// <param name="ScalesDeepGray">Whether 16-bit gray is scaled to bytes, instead of cut off at 255.</param>
internal sealed record PictureDecoding(bool Upright, bool OnWhite, bool ScalesDeepGray)
{
    /// <summary>What a viewer shows: upright, on white, all shades of gray.</summary>
    public static PictureDecoding AsSeen { get; } = new(Upright: true, OnWhite: true, ScalesDeepGray: true);

    /// <summary>What Python's Pillow gives for <c>Image.open(…).convert("RGB")</c>.</summary>
    public static PictureDecoding AsPillow { get; } = new(Upright: false, OnWhite: false, ScalesDeepGray: false);
}
