using SkiaSharp;

namespace DecisionMaking.Drawing;

/// <summary>A white picture that is written as a PNG of double density.</summary>
internal sealed class Canvas : IDisposable
{
    private readonly SKBitmap _bitmap;
    private readonly SKCanvas _canvas;

    public Canvas(int width, int height)
    {
        _bitmap = new SKBitmap(2 * width, 2 * height);
        _canvas = new SKCanvas(_bitmap);
        _canvas.Clear(SKColors.White);
        _canvas.Scale(2);
    }

    public void Line(double x1, double y1, double x2, double y2, SKColor color, float thickness = 1)
    {
        using var paint = new SKPaint { Color = color, StrokeWidth = thickness, IsAntialias = true, StrokeCap = SKStrokeCap.Round };
        _canvas.DrawLine((float)x1, (float)y1, (float)x2, (float)y2, paint);
    }

    public void Rectangle(double x, double y, double width, double height, SKColor color)
    {
        using var paint = new SKPaint { Color = color, IsAntialias = true };
        _canvas.DrawRect((float)x, (float)y, (float)width, (float)height, paint);
    }

    public void Circle(double x, double y, double radius, SKColor color, bool isFilled = true)
    {
        using var paint = new SKPaint { Color = color, IsAntialias = true, Style = isFilled ? SKPaintStyle.Fill : SKPaintStyle.Stroke, StrokeWidth = 1.5f };
        _canvas.DrawCircle((float)x, (float)y, (float)radius, paint);
    }

    /// <summary>A text that begins, is centred or ends at <paramref name="x"/> and stands on <paramref name="y"/>.</summary>
    public void Text(double x, double y, string text, SKTextAlign align = SKTextAlign.Left, SKColor? color = null, float size = 13)
    {
        using var paint = new SKPaint { Color = color ?? SKColors.Black, IsAntialias = true, TextSize = size, TextAlign = align };
        _canvas.DrawText(text, (float)x, (float)y, paint);
    }

    public void Save(string path)
    {
        _canvas.Flush();
        using var file = File.Create(path);
        _bitmap.Encode(file, SKEncodedImageFormat.Png, 100);
    }

    public void Dispose()
    {
        _canvas.Dispose();
        _bitmap.Dispose();
    }
}
