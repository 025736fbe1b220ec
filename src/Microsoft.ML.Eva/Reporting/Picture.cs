using System.Globalization;
using System.Security;
using System.Text;
using SkiaSharp;

namespace Microsoft.ML.Eva.Reporting;

/// <summary>A drawing of rectangles, lines and texts, written as SVG or PNG with the graphics library that ML.NET's images bring.</summary>
internal sealed class Picture(int width, int height)
{
    private const float FontSize = 13;
    private readonly StringBuilder _svg = new();
    private readonly List<Action<SKCanvas>> _strokes = [];

    /// <summary>A filled rectangle.</summary>
    public void Rectangle(double x, double y, double w, double h, string color)
    {
        _svg.AppendLine(CultureInfo.InvariantCulture, $"<rect x=\"{x:0.##}\" y=\"{y:0.##}\" width=\"{w:0.##}\" height=\"{h:0.##}\" fill=\"{color}\"/>");
        _strokes.Add(canvas =>
        {
            using var paint = new SKPaint { Color = SKColor.Parse(color) };
            canvas.DrawRect((float)x, (float)y, (float)w, (float)h, paint);
        });
    }

    /// <summary>A straight line.</summary>
    public void Line(double x1, double y1, double x2, double y2, string color, double thickness = 1)
    {
        _svg.AppendLine(CultureInfo.InvariantCulture, $"<line x1=\"{x1:0.##}\" y1=\"{y1:0.##}\" x2=\"{x2:0.##}\" y2=\"{y2:0.##}\" stroke=\"{color}\" stroke-width=\"{thickness:0.##}\"/>");
        _strokes.Add(canvas =>
        {
            using var paint = new SKPaint { Color = SKColor.Parse(color), StrokeWidth = (float)thickness, IsAntialias = true };
            canvas.DrawLine((float)x1, (float)y1, (float)x2, (float)y2, paint);
        });
    }

    /// <summary>A text whose middle line is at <paramref name="y"/>; <paramref name="anchor"/> is start, middle or end and lies at <paramref name="x"/>.</summary>
    public void Text(double x, double y, string text, string anchor = "middle", string color = "#000000")
    {
        _svg.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{x:0.##}\" y=\"{y + 0.35 * FontSize:0.##}\" text-anchor=\"{anchor}\" fill=\"{color}\">{SecurityElement.Escape(text)}</text>");
        _strokes.Add(canvas =>
        {
            using var paint = new SKPaint { Color = SKColor.Parse(color), IsAntialias = true, TextSize = FontSize, TextAlign = anchor switch { "start" => SKTextAlign.Left, "end" => SKTextAlign.Right, _ => SKTextAlign.Center } };
            canvas.DrawText(text, (float)x, (float)(y + 0.35 * FontSize), paint);
        });
    }

    /// <summary>Writes .png or .svg, as the ending of <paramref name="path"/> says, under another name first, so that nobody sees half a picture.</summary>
    /// <exception cref="ArgumentException">The ending is another.</exception>
    public void Save(string path)
    {
        var content = Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".png" => Png(),
            ".svg" => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
                $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"{FontSize}\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{_svg}</svg>\n")),
            var other => throw new ArgumentException($"'{Path.GetFileName(path)}' ends with '{other}'; pictures are written as .png or .svg.", nameof(path)),
        };
        FinishedFile.Write(path, content);
    }

    private byte[] Png()
    {
        using var bitmap = new SKBitmap(2 * width, 2 * height);
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(SKColors.White);
        canvas.Scale(2); // legible on screens of high density
        foreach (var stroke in _strokes)
            stroke(canvas);
        canvas.Flush();
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }
}
