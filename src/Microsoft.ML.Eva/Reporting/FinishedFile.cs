namespace Microsoft.ML.Eva.Reporting;

/// <summary>Files that nobody sees half written.</summary>
internal static class FinishedFile
{
    /// <summary>Writes <paramref name="content"/> under another name beside <paramref name="path"/> and then gives it its name; a file of that name is replaced.</summary>
    public static void Write(string path, byte[] content)
    {
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
