using System.Globalization;
using SkiaSharp;

namespace Microsoft.ML.Eva.Reporting;

/// <summary>Draws how EVA's components became stable, mini-batch by mini-batch, as in the paper's Figure 3.</summary>
internal static class ConvergencePlot
{
    private static readonly SKRect Area = new(60, 44, 620, 340);

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
        PictureFile.Save(canvas => Draw(canvas, similarities, stableLayers, tau), path, 640, 400);
    }

    private static void Draw(SKCanvas canvas, IReadOnlyList<double> similarities, IReadOnlyList<double> stableLayers, double tau)
    {
        PictureFile.Text(canvas, "Convergence", Area.MidX, 24, size: 18);
        PictureFile.Text(canvas, "Mini-batch", Area.MidX, 380);
        foreach (var share in new[] { 0, 0.5, 1 })
            PictureFile.Text(canvas, share.ToString(CultureInfo.InvariantCulture), Area.Left - 8, Y(share), SKTextAlign.Right);
        foreach (var batch in new[] { 1, similarities.Count }.Distinct())
            PictureFile.Text(canvas, batch.ToString(CultureInfo.InvariantCulture), X(batch, similarities.Count), Area.Bottom + 16);
        using var frame = new SKPaint { Style = SKPaintStyle.Stroke, Color = SKColors.Gray };
        canvas.DrawRect(Area, frame);
        AddLine(canvas, [tau, tau], "tau", SKColors.Gray, 0);
        AddLine(canvas, similarities, "mean similarity of components", SKColors.SteelBlue, 1);
        AddLine(canvas, stableLayers, "part of layers that are stable", SKColors.DarkOrange, 2);
    }

    private static void AddLine(SKCanvas canvas, IReadOnlyList<double> values, string name, SKColor color, int place)
    {
        using var paint = new SKPaint { Style = SKPaintStyle.Stroke, StrokeWidth = 2, IsAntialias = true, Color = color };
        var points = values.Select((value, i) => (Batch: i + 1, Value: value)).Where(point => double.IsFinite(point.Value))
            .Select(point => new SKPoint(X(point.Batch, values.Count), Y(point.Value))).ToList();
        for (var i = 1; i < points.Count; i++)
            canvas.DrawLine(points[i - 1], points[i], paint);
        if (points.Count == 1)
            canvas.DrawCircle(points[0], 2, paint);
        PictureFile.Text(canvas, name, Area.Right - 8, Area.Bottom - 56 + 18 * place, SKTextAlign.Right, color);
    }

    private static float X(int batch, int count) => Area.Left + (count == 1 ? 0.5f : (batch - 1f) / (count - 1)) * Area.Width;

    private static float Y(double share) => Area.Bottom - (float)(Math.Clamp(share, 0, 1.05) / 1.05) * Area.Height;
}
