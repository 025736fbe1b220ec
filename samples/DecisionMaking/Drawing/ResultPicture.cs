using System.Globalization;
using SkiaSharp;

namespace DecisionMaking.Drawing;

/// <summary>Learning curves on the left, success of every method on the right.</summary>
internal static class ResultPicture
{
    private const int Top = 50, Height = 300, CurveLeft = 70, CurveWidth = 470, BarLeft = 620, BarWidth = 400;
    private static readonly SKColor Grid = new(225, 225, 225);

    /// <summary>Writes a PNG file.</summary>
    public static void Save(ResultTable table, string path)
    {
        using var canvas = new Canvas(BarLeft + BarWidth + 30, Top + Height + 60);
        DrawCurves(canvas, table);
        DrawBars(canvas, table);
        canvas.Save(path);
    }

    private static void DrawCurves(Canvas canvas, ResultTable table)
    {
        var curves = table.Methods.Select(method => (Method: method, Values: table.Curve(method))).Where(curve => curve.Values.Count > 0).ToList();
        var (low, high) = (Math.Log10(curves.Min(curve => curve.Values.Min()) / 1.1), Math.Log10(curves.Max(curve => curve.Values.Max()) * 1.1));
        var epochs = curves.Max(curve => curve.Values.Count);
        canvas.Text(CurveLeft, Top - 22, "Action error on validation episodes, mean of tasks and seeds");
        for (var i = 0; i <= 4; i++)
        {
            var y = Top + Height * i / 4.0;
            canvas.Line(CurveLeft, y, CurveLeft + CurveWidth, y, Grid);
            canvas.Text(CurveLeft - 8, y + 4, Math.Pow(10, high + (low - high) * i / 4).ToString("0.000", CultureInfo.InvariantCulture), SKTextAlign.Right, size: 12);
        }
        var step = Math.Max(1, (epochs + 7) / 8);
        for (var epoch = step; epoch <= epochs; epoch += step)
            canvas.Text(X(epoch), Top + Height + 18, epoch.ToString(CultureInfo.InvariantCulture), SKTextAlign.Center, size: 12);
        canvas.Text(CurveLeft + CurveWidth / 2.0, Top + Height + 42, "Epoch of fine-tuning", SKTextAlign.Center);
        for (var i = 0; i < curves.Count; i++)
        {
            var (method, values) = curves[i];
            var color = Palette.Of(table.Methods, method);
            for (var epoch = 1; epoch < values.Count; epoch++)
                canvas.Line(X(epoch), Y(values[epoch - 1]), X(epoch + 1), Y(values[epoch]), color, 2);
            canvas.Text(CurveLeft + CurveWidth - 8, Top + 20 + 18 * i, method, SKTextAlign.Right, color);
        }

        double X(int epoch) => CurveLeft + CurveWidth * (epoch - 0.5) / epochs;

        double Y(double value) => Top + Height * (high - Math.Log10(value)) / (high - low);
    }

    private static void DrawBars(Canvas canvas, ResultTable table)
    {
        canvas.Text(BarLeft, Top - 22, "Success on new episodes of the held-out tasks");
        for (var i = 0; i <= 5; i++)
        {
            var y = Top + Height * (1 - i / 5.0);
            canvas.Line(BarLeft, y, BarLeft + BarWidth, y, Grid);
            canvas.Text(BarLeft - 8, y + 4, (i / 5.0).ToString("0.0", CultureInfo.InvariantCulture), SKTextAlign.Right, size: 12);
        }
        var width = (double)BarWidth / table.Methods.Count;
        for (var i = 0; i < table.Methods.Count; i++)
        {
            var (mean, deviation) = table.Success(table.Methods[i]);
            var middle = BarLeft + width * (i + 0.5);
            canvas.Rectangle(middle - 0.3 * width, Top + Height * (1 - mean), 0.6 * width, Height * mean, Palette.Of(table.Methods, table.Methods[i]));
            canvas.Line(middle, Y(mean - deviation), middle, Y(mean + deviation), SKColors.Black, 1.5f);
            canvas.Text(middle, Y(mean + deviation) - 6, mean.ToString("0.00", CultureInfo.InvariantCulture), SKTextAlign.Center, size: 12);
            canvas.Text(middle, Top + Height + 18, table.Methods[i], SKTextAlign.Center, size: 12);
        }

        static double Y(double rate) => Top + Height * (1 - Math.Clamp(rate, 0, 1));
    }
}
