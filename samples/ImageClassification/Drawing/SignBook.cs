using SkiaSharp;

namespace ImageClassification.Drawing;

/// <summary>Makes the folder of pictures that the sample trains on when nobody gives one: the same for the same seed.</summary>
internal static class SignBook
{
    private static readonly (string Part, int PerKind)[] Parts = [("train", 40), ("val", 8), ("test", 16)];

    /// <summary>Draws all pictures into <paramref name="folder"/>; those that are there are replaced.</summary>
    public static void Draw(string folder, int seed)
    {
        var painter = new SignPainter(new Random(seed));
        foreach (var (part, count) in Parts)
            foreach (var kind in SignPainter.Kinds)
            {
                var path = Directory.CreateDirectory(Path.Combine(folder, part, kind)).FullName;
                for (var i = 0; i < count; i++)
                {
                    using var picture = painter.Draw(kind);
                    using var file = File.Create(Path.Combine(path, $"{i:000}.png"));
                    picture.Encode(file, SKEncodedImageFormat.Png, 100);
                }
            }
    }
}
