using System.Globalization;
using ScottPlot;

namespace Microsoft.ML.Eva.Reporting;

/// <summary>Draws which ranks the layers got: modules from top to bottom, blocks from left to right, as in the paper's Figure 2.</summary>
internal static class RankHeatMap
{
    private const int PixelsPerCell = 56;

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
        using var plot = new Plot();
        AddCells(plot, cells, modules, blocks);
        plot.Axes.Bottom.SetTicks([.. blocks.Select((_, i) => (double)i)], [.. blocks.Select(block => block < 0 ? "–" : block.ToString(CultureInfo.InvariantCulture))]);
        plot.Axes.Left.SetTicks([.. modules.Select((_, i) => (double)(modules.Length - 1 - i))], modules);
        plot.XLabel("Block");
        plot.Title("Ranks");
        plot.HideGrid();
        PictureFile.Save(plot, path, 240 + PixelsPerCell * blocks.Length, 140 + PixelsPerCell * modules.Length);
    }

    private static void AddCells(Plot plot, List<((string Module, int Block) Place, int Rank)> cells, string[] modules, int[] blocks)
    {
        var values = new double[modules.Length, blocks.Length];
        for (var row = 0; row < modules.Length; row++)
            for (var column = 0; column < blocks.Length; column++)
                values[row, column] = double.NaN; // a module that this block does not have
        var largest = Math.Max(1, cells.Max(cell => cell.Rank));
        foreach (var ((module, block), rank) in cells)
        {
            var (row, column) = (Array.IndexOf(modules, module), Array.IndexOf(blocks, block));
            values[row, column] = rank;
            var text = plot.Add.Text(rank.ToString(CultureInfo.InvariantCulture), column, modules.Length - 1 - row);
            text.LabelAlignment = Alignment.MiddleCenter;
            text.LabelFontColor = 2 * rank < largest ? Colors.White : Colors.Black;
        }
        // The map is added after the texts but lies below them.
        var map = plot.Add.Heatmap(values);
        map.Colormap = new ScottPlot.Colormaps.Viridis();
        map.ManualRange = new ScottPlot.Range(0, largest);
        map.NaNCellColor = Colors.Transparent;
        plot.MoveToBottom(map);
    }
}
