using ScottPlot;

namespace Microsoft.ML.Eva.Reporting;

/// <summary>Draws how EVA's components became stable, mini-batch by mini-batch, as in the paper's Figure 3.</summary>
internal static class ConvergencePlot
{
    /// <summary>Writes a picture; the file's ending says which kind: .png or .svg.</summary>
    /// <param name="similarities">After each mini-batch the components' mean similarity with their values before; NaN where there are none before.</param>
    /// <param name="stableLayers">After each mini-batch the part of the layers that is stable, 0 to 1.</param>
    /// <param name="tau">The similarity that counts as stable.</param>
    /// <param name="path">The file to write.</param>
    /// <exception cref="ArgumentException">The numbers of mini-batches differ or are 0, or the ending is another.</exception>
    public static void Save(IReadOnlyList<double> similarities, IReadOnlyList<double> stableLayers, double tau, string path)
    {
        if (similarities.Count == 0 || similarities.Count != stableLayers.Count)
            throw new ArgumentException($"There are {similarities.Count} similarities and {stableLayers.Count} parts of stable layers; both must be one per mini-batch.", nameof(similarities));
        using var plot = new Plot();
        AddLine(plot, similarities, "mean similarity of components");
        AddLine(plot, stableLayers, "part of layers that are stable");
        var threshold = plot.Add.HorizontalLine(tau, color: Colors.Gray, pattern: LinePattern.Dashed);
        threshold.LegendText = "tau";
        plot.Axes.SetLimits(0.5, similarities.Count + 0.5, 0, 1.05);
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { IntegerTicksOnly = true };
        plot.XLabel("Mini-batch");
        plot.Title("Convergence");
        plot.ShowLegend(Alignment.LowerRight);
        PictureFile.Save(plot, path, 640, 400);
    }

    private static void AddLine(Plot plot, IReadOnlyList<double> values, string name)
    {
        var points = values.Select((value, i) => (Batch: i + 1.0, Value: value)).Where(point => double.IsFinite(point.Value)).ToList();
        if (points.Count == 0)
            return;
        var line = plot.Add.Scatter(points.Select(point => point.Batch).ToArray(), points.Select(point => point.Value).ToArray());
        line.LegendText = name;
    }
}
