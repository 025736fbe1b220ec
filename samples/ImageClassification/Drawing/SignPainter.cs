using SkiaSharp;

namespace ImageClassification.Drawing;

/// <summary>Draws signs as a shaky hand would: turned, in any colour, with any pen, on stained paper, so that none looks like another.</summary>
internal sealed class SignPainter(Random random)
{
    public static IReadOnlyList<string> Kinds { get; } = ["arrow", "circle", "cross", "spiral", "square", "star", "triangle"];

    /// <summary>A new picture of that kind; the caller disposes it.</summary>
    public SKBitmap Draw(string kind)
    {
        var bitmap = new SKBitmap(random.Next(100, 150), random.Next(100, 150));
        using var canvas = new SKCanvas(bitmap);
        var paper = Color(150, 256);
        canvas.Clear(paper);
        DrawStains(canvas, bitmap.Width, bitmap.Height, paper);
        DrawSign(canvas, kind, bitmap.Width, bitmap.Height);
        AddGrain(bitmap);
        return bitmap;
    }

    private void DrawStains(SKCanvas canvas, int width, int height, SKColor paper)
    {
        for (var i = random.Next(3, 9); i > 0; i--)
        {
            using var paint = new SKPaint { Color = Color(60, 240).WithAlpha((byte)random.Next(20, 70)), IsAntialias = true };
            canvas.DrawOval(random.Next(width), random.Next(height), random.Next(4, 40), random.Next(4, 40), paint);
        }
        for (var i = random.Next(0, 4); i > 0; i--)
        {
            using var paint = new SKPaint { Color = Color(40, 200).WithAlpha(110), StrokeWidth = Between(1, 3), IsAntialias = true };
            canvas.DrawLine(random.Next(width), random.Next(height), random.Next(width), random.Next(height), paint);
        }
    }

    private void DrawSign(SKCanvas canvas, string kind, int width, int height)
    {
        var radius = Math.Min(width, height) * Between(0.24, 0.42);
        canvas.Translate(width * Between(0.44, 0.56), height * Between(0.44, 0.56));
        canvas.RotateDegrees(Between(-35, 35));
        canvas.Scale(radius * Between(0.85, 1.15), radius);
        using var path = new SKPath();
        foreach (var line in Lines(kind))
            AddShakyLine(path, line);
        var isFilled = kind is not ("spiral" or "cross" or "arrow") && random.NextDouble() < 0.35;
        using var paint = new SKPaint
        {
            Color = Color(0, 130),
            Style = isFilled ? SKPaintStyle.StrokeAndFill : SKPaintStyle.Stroke,
            StrokeWidth = Between(0.06, 0.2),
            StrokeCap = SKStrokeCap.Round,
            StrokeJoin = SKStrokeJoin.Round,
            IsAntialias = true,
        };
        canvas.DrawPath(path, paint);
    }

    /// <summary>The sign as lines through points between −1 and 1.</summary>
    private static SKPoint[][] Lines(string kind) => kind switch
    {
        "arrow" => [[new(-1, 0), new(1, 0)], [new(0.35f, -0.6f), new(1, 0), new(0.35f, 0.6f)]],
        "circle" => [Round(1, 24, _ => 1)],
        "cross" => [[new(-0.8f, -0.8f), new(0.8f, 0.8f)], [new(-0.8f, 0.8f), new(0.8f, -0.8f)]],
        "spiral" => [Round(2.5, 50, share => share)],
        "square" => [[new(-0.8f, -0.8f), new(0.8f, -0.8f), new(0.8f, 0.8f), new(-0.8f, 0.8f), new(-0.8f, -0.8f)]],
        "star" => [Round(1, 10, share => (int)Math.Round(share * 10) % 2 == 0 ? 1 : 0.42)],
        "triangle" => [Round(1, 3, _ => 1)],
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown sign."),
    };

    private static SKPoint[] Round(double turns, int points, Func<double, double> radius) => [.. Enumerable.Range(0, points + 1).Select(i =>
    {
        var share = (double)i / points;
        var angle = share * turns * 2 * Math.PI - Math.PI / 2;
        return new SKPoint((float)(radius(share) * Math.Cos(angle)), (float)(radius(share) * Math.Sin(angle)));
    })];

    private void AddShakyLine(SKPath path, SKPoint[] points)
    {
        var shaky = Array.ConvertAll(points, point => new SKPoint(point.X + Between(-0.06, 0.06), point.Y + Between(-0.06, 0.06)));
        path.MoveTo(shaky[0]);
        for (var i = 1; i < shaky.Length; i++)
            path.QuadTo((shaky[i - 1].X + shaky[i].X) / 2 + Between(-0.05, 0.05), (shaky[i - 1].Y + shaky[i].Y) / 2 + Between(-0.05, 0.05), shaky[i].X, shaky[i].Y);
    }

    private void AddGrain(SKBitmap bitmap)
    {
        var pixels = bitmap.Pixels;
        var strength = random.Next(5, 35);
        for (var i = 0; i < pixels.Length; i++)
        {
            var change = random.Next(-strength, strength + 1);
            pixels[i] = new SKColor(Byte(pixels[i].Red + change), Byte(pixels[i].Green + change), Byte(pixels[i].Blue + change));
        }
        bitmap.Pixels = pixels;
    }

    private static byte Byte(int value) => (byte)Math.Clamp(value, 0, 255);

    private SKColor Color(int least, int below) => new((byte)random.Next(least, below), (byte)random.Next(least, below), (byte)random.Next(least, below));

    private float Between(double least, double most) => (float)(least + random.NextDouble() * (most - least));
}
