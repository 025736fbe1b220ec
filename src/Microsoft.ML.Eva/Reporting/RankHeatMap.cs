using System.Globalization;

namespace Microsoft.ML.Eva.Reporting;

/// <summary>Draws which ranks the layers got: modules from top to bottom, blocks from left to right, as in the paper's Figure 2.</summary>
internal static class RankHeatMap
{
    private const int LeastLeft = 210, CharacterWidth = 8, Top = 40, CellWidth = 46, CellHeight = 30;

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
        var largest = Math.Max(1, cells.Max(cell => cell.Rank));
        var left = Math.Max(LeastLeft, 20 + CharacterWidth * modules.Max(module => module.Length));
        var picture = new Picture(left + CellWidth * blocks.Length + 20, Top + CellHeight * modules.Length + 50);
        picture.Text(left + CellWidth * blocks.Length / 2.0, Top / 2.0, "Ranks");
        for (var row = 0; row < modules.Length; row++)
            picture.Text(left - 8, Middle(row), modules[row], "end");
        for (var column = 0; column < blocks.Length; column++)
            picture.Text(left + CellWidth * (column + 0.5), Top + CellHeight * modules.Length + 14, blocks[column] < 0 ? "–" : blocks[column].ToString(CultureInfo.InvariantCulture));
        picture.Text(left + CellWidth * blocks.Length / 2.0, Top + CellHeight * modules.Length + 34, "Block");
        foreach (var ((module, block), rank) in cells)
        {
            var (row, x) = (Array.IndexOf(modules, module), left + CellWidth * Array.IndexOf(blocks, block));
            picture.Rectangle(x, Top + CellHeight * row, CellWidth, CellHeight, Color((double)rank / largest));
            picture.Text(x + CellWidth / 2.0, Middle(row), rank.ToString(CultureInfo.InvariantCulture), color: 2 * rank < largest ? "#000000" : "#ffffff");
        }
        picture.Save(path);

        static double Middle(int row) => Top + CellHeight * (row + 0.5);
    }

    // From near white to dark blue: legible in print and for the colour-blind.
    private static string Color(double part) => string.Create(CultureInfo.InvariantCulture, $"#{Between(247, 8, part):x2}{Between(251, 48, part):x2}{Between(255, 107, part):x2}");

    private static int Between(int none, int all, double part) => (int)Math.Round(none + (all - none) * part);
}
