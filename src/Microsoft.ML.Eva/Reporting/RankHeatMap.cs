using System.Globalization;
using SkiaSharp;

namespace Microsoft.ML.Eva.Reporting;

/// <summary>Draws which ranks the layers got: modules from top to bottom, blocks from left to right, as in the paper's Figure 2.</summary>
internal static class RankHeatMap
{
    private const int PixelsPerCell = 56;
    private const int Left = 220; // room for the modules' names
    private const int Top = 60;

    /// <summary>Writes a picture; the file's ending says which kind: .png or .svg.</summary>
    /// <param name="ranks">Rank by layer name (<c>encoder.layer.0.attention.self.query</c>), in the network's order.</param>
    /// <param name="path">The file to write.</param>
    /// <exception cref="ArgumentException">There are no layers, or the ending is another.</exception>
    public static void Save(IReadOnlyDictionary<string, int> ranks, string path)
    {
        if (ranks.Count == 0)
            throw new ArgumentException("There are no layers to draw.", nameof(ranks));
        var cells = ranks.Select(layer => (Place: ModulePlace.Of(layer.Key), Rank: layer.Value)).ToList();
        string[] modules = [.. cells.Select(cell => cell.Place.Module).Distinct()];
        int[] blocks = [.. cells.Select(cell => cell.Place.Block).Distinct().Order()];
        PictureFile.Save(canvas => Draw(canvas, cells, modules, blocks), path, Left + 40 + PixelsPerCell * blocks.Length, Top + 70 + PixelsPerCell * modules.Length);
    }

    private static void Draw(SKCanvas canvas, List<((string Module, int Block) Place, int Rank)> cells, string[] modules, int[] blocks)
    {
        var largest = Math.Max(1, cells.Max(cell => cell.Rank));
        PictureFile.Text(canvas, "Ranks", Left + PixelsPerCell * blocks.Length / 2f, Top / 2f, size: 18);
        foreach (var ((module, block), rank) in cells)
        {
            var (row, column) = (Array.IndexOf(modules, module), Array.IndexOf(blocks, block));
            var cell = SKRect.Create(Left + column * PixelsPerCell, Top + row * PixelsPerCell, PixelsPerCell, PixelsPerCell);
            using var paint = new SKPaint { Color = Viridis((double)rank / largest) };
            canvas.DrawRect(cell, paint);
            PictureFile.Text(canvas, rank.ToString(CultureInfo.InvariantCulture), cell.MidX, cell.MidY, color: 2 * rank < largest ? SKColors.White : SKColors.Black);
        }
        for (var row = 0; row < modules.Length; row++)
            PictureFile.Text(canvas, modules[row], Left - 8, Top + (row + 0.5f) * PixelsPerCell, SKTextAlign.Right);
        var bottom = Top + PixelsPerCell * modules.Length;
        for (var column = 0; column < blocks.Length; column++)
            PictureFile.Text(canvas, blocks[column] < 0 ? "–" : blocks[column].ToString(CultureInfo.InvariantCulture), Left + (column + 0.5f) * PixelsPerCell, bottom + 16);
        PictureFile.Text(canvas, "Block", Left + PixelsPerCell * blocks.Length / 2f, bottom + 44);
    }

    // Five points of the viridis colour map, straight lines between them.
    private static SKColor Viridis(double share)
    {
        ReadOnlySpan<(byte R, byte G, byte B)> points = [(68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37)];
        var place = Math.Clamp(share, 0, 1) * (points.Length - 1);
        var first = Math.Min((int)place, points.Length - 2);
        var (a, b, t) = (points[first], points[first + 1], place - first);
        return new SKColor(Mix(a.R, b.R), Mix(a.G, b.G), Mix(a.B, b.B));

        byte Mix(byte from, byte to) => (byte)Math.Round(from + (to - from) * t);
    }
}
