using System.Globalization;

namespace Microsoft.ML.Eva.Reporting;

/// <summary>Draws how EVA's components became stable, mini-batch by mini-batch, as in the paper's Figure 3.</summary>
internal static class ConvergencePlot
{
    private const int Left = 60, Top = 40, Width = 560, Height = 300;

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
        var picture = new Picture(Left + Width + 20, Top + Height + 60);
        AddAxes(picture, similarities.Count);
        picture.Line(Left, Y(tau), Left + Width, Y(tau), "#808080");
        AddCurve(picture, similarities, "#1f77b4");
        AddCurve(picture, stableLayers, "#ff7f0e");
        picture.Text(Left, Top / 2.0, "mean similarity of components", "start", "#1f77b4");
        picture.Text(Left + 220, Top / 2.0, "part of layers that are stable", "start", "#ff7f0e");
        picture.Text(Left + Width, Top / 2.0, string.Create(CultureInfo.InvariantCulture, $"tau {tau}"), "end", "#808080");
        picture.Save(path);
    }

    private static void AddAxes(Picture picture, int count)
    {
        for (var i = 0; i <= 5; i++)
        {
            picture.Line(Left, Y(i / 5.0), Left + Width, Y(i / 5.0), "#e0e0e0");
            picture.Text(Left - 8, Y(i / 5.0), (i / 5.0).ToString("0.0", CultureInfo.InvariantCulture), "end");
        }
        var step = Math.Max(1, (count + 9) / 10);
        for (var batch = 1; batch <= count; batch += step)
            picture.Text(X(batch - 1, count), Top + Height + 16, batch.ToString(CultureInfo.InvariantCulture));
        picture.Text(Left + Width / 2.0, Top + Height + 40, "Mini-batch");
    }

    private static void AddCurve(Picture picture, IReadOnlyList<double> values, string color)
    {
        for (var i = 0; i < values.Count; i++)
        {
            if (!double.IsFinite(values[i]))
                continue;
            picture.Rectangle(X(i, values.Count) - 2, Y(values[i]) - 2, 4, 4, color);
            if (i > 0 && double.IsFinite(values[i - 1]))
                picture.Line(X(i - 1, values.Count), Y(values[i - 1]), X(i, values.Count), Y(values[i]), color, 2);
        }
    }

    private static double X(int index, int count) => Left + Width * (index + 0.5) / count;

    private static double Y(double value) => Top + Height * (1 - Math.Clamp(value, 0, 1));
}
