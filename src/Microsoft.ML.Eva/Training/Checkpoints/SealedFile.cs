using System.Security.Cryptography;

namespace Microsoft.ML.Eva.Training.Checkpoints;

/// <summary>A file that is there whole or not at all, and that shows whether a byte has changed: magic, SHA-256, content.</summary>
internal static class SealedFile
{
    private static readonly byte[] Magic = "EVARUN1\n"u8.ToArray();

    private static readonly int HeaderLength = Magic.Length + SHA256.HashSizeInBytes;

    /// <summary>What the name of a file ends in while it is written.</summary>
    public const string UnfinishedEnding = ".unfinished";

    /// <summary>Writes the content beside the file, on to the disk, and only then gives it its name.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        var unfinished = path + UnfinishedEnding;
        try
        {
            using (var file = new FileStream(unfinished, FileMode.Create, FileAccess.ReadWrite, FileShare.None))
            {
                file.Position = HeaderLength;
                write(file);
                file.Position = HeaderLength;
                var hash = SHA256.HashData(file);
                file.Position = 0;
                file.Write(Magic);
                file.Write(hash);
                file.Flush(flushToDisk: true);
            }
            File.Move(unfinished, path, overwrite: true);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }

    /// <summary>Opens a file at the start of its content; null if it is not whole. The caller disposes the stream.</summary>
    public static Stream? OpenIfWhole(string path)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        try
        {
            var header = new byte[HeaderLength];
            if (file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) == header.Length
                && header.AsSpan().StartsWith(Magic)
                && SHA256.HashData(file).AsSpan().SequenceEqual(header.AsSpan(Magic.Length)))
                return new OffsetStream(file, HeaderLength);
        }
        catch
        {
            file.Dispose();
            throw;
        }
        file.Dispose();
        return null;
    }
}
