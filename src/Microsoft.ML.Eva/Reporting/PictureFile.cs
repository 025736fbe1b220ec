using SkiaSharp;

namespace Microsoft.ML.Eva.Reporting;

/// <summary>Writes drawings as files. Drawn with the SkiaSharp that ML.NET's pictures use: a newer one would break them.</summary>
internal static class PictureFile
{
    /// <summary>Writes .png or .svg, as the ending of <paramref name="path"/> says, under another name first, so that nobody sees half a picture.</summary>
    public static void Save(Action<SKCanvas> draw, string path, int width, int height)
    {
        byte[] content = Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".png" => Png(draw, width, height),
            ".svg" => Svg(draw, width, height),
            var other => throw new ArgumentException($"'{Path.GetFileName(path)}' ends with '{other}'; pictures are written as .png or .svg.", nameof(path)),
        };
        var temporary = $"{path}.{Guid.NewGuid():n}.tmp";
        try
        {
            File.WriteAllBytes(temporary, content);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Writes text at a point; <paramref name="align"/> says which part of it stands there.</summary>
    public static void Text(SKCanvas canvas, string text, float x, float y, SKTextAlign align = SKTextAlign.Center, SKColor? color = null, float size = 14)
    {
        using var paint = new SKPaint { IsAntialias = true, TextSize = size, TextAlign = align, Color = color ?? SKColors.Black };
        canvas.DrawText(text, x, y + (size * 0.35f), paint);
    }

    private static byte[] Png(Action<SKCanvas> draw, int width, int height)
    {
        using var bitmap = new SKBitmap(width, height);
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(SKColors.White);
        draw(canvas);
        canvas.Flush();
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    private static byte[] Svg(Action<SKCanvas> draw, int width, int height)
    {
        using var stream = new MemoryStream();
        using (var canvas = SKSvgCanvas.Create(SKRect.Create(width, height), stream))
            draw(canvas);
        return stream.ToArray();
    }
}
