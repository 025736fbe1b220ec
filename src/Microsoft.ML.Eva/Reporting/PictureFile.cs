using ScottPlot;

namespace Microsoft.ML.Eva.Reporting;

/// <summary>Writes plots as files.</summary>
internal static class PictureFile
{
    /// <summary>Writes .png or .svg, as the ending of <paramref name="path"/> says, under another name first, so that nobody sees half a picture.</summary>
    public static void Save(Plot plot, string path, int width, int height)
    {
        byte[] content = Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".png" => plot.GetImageBytes(width, height, ImageFormat.Png),
            ".svg" => System.Text.Encoding.UTF8.GetBytes(plot.GetSvgXml(width, height)),
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
}
