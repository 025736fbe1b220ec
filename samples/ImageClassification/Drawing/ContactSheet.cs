using ImageClassification.Reading;
using SkiaSharp;

namespace ImageClassification.Drawing;

/// <summary>A page of pictures with what the model says of each: green where that is right, red with the truth where it is not.</summary>
internal static class ContactSheet
{
    private const int Columns = 8;
    private const int Most = 48;
    private const int Side = 116;
    private const int Gap = 10;
    private const int TextHeight = 34;

    /// <summary>Writes a PNG file. Mistakes come first.</summary>
    public static void Save(IReadOnlyList<Example> examples, IReadOnlyList<Prediction> predictions, string path)
    {
        var chosen = examples.Zip(predictions).Select((pair, place) => (pair.First, pair.Second, place))
            .OrderBy(cell => cell.First.Label == cell.Second.PredictedLabel).ThenBy(cell => cell.place).Take(Most).ToList();
        var rows = (chosen.Count + Columns - 1) / Columns;
        using var sheet = new SKBitmap(Gap + Columns * (Side + Gap), Gap + rows * (Side + TextHeight + Gap));
        using var canvas = new SKCanvas(sheet);
        canvas.Clear(SKColors.White);
        for (var i = 0; i < chosen.Count; i++)
            DrawCell(canvas, chosen[i].First, chosen[i].Second, Gap + i % Columns * (Side + Gap), Gap + i / Columns * (Side + TextHeight + Gap));
        using var file = File.Create(path);
        sheet.Encode(file, SKEncodedImageFormat.Png, 100);
    }

    private static void DrawCell(SKCanvas canvas, Example example, Prediction prediction, int x, int y)
    {
        var isRight = example.Label == prediction.PredictedLabel;
        var color = isRight ? new SKColor(0, 120, 60) : new SKColor(200, 0, 0);
        using (var picture = SKBitmap.Decode(example.Image))
        {
            var scale = Math.Min((float)Side / picture.Width, (float)Side / picture.Height);
            var (width, height) = (picture.Width * scale, picture.Height * scale);
            using var smooth = new SKPaint { FilterQuality = SKFilterQuality.High };
            canvas.DrawBitmap(picture, SKRect.Create(x + (Side - width) / 2, y + (Side - height) / 2, width, height), smooth);
        }
        using var frame = new SKPaint { Color = color, Style = SKPaintStyle.Stroke, StrokeWidth = isRight ? 1 : 3 };
        canvas.DrawRect(x, y, Side, Side, frame);
        using var text = new SKPaint { Color = color, TextSize = 13, IsAntialias = true };
        canvas.DrawText($"{prediction.PredictedLabel} {prediction.Score.Max():p0}", x, y + Side + 14, text);
        if (!isRight)
            canvas.DrawText($"is {example.Label}", x, y + Side + 29, text);
    }
}
