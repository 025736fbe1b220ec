using System.Text;

namespace Microsoft.ML.Eva.Data.Images;

/// <summary>Where a row's picture comes from, kept small until it is decoded: a file's path, or a file's content.</summary>
/// <param name="Name">What messages call it.</param>
internal abstract record PictureSource(string Name)
{
    private const long LargestFile = 1L << 28;

    /// <summary>Decodes the picture. Safe for many threads.</summary>
    /// <exception cref="InvalidDataException">It cannot be read or is no picture; the message begins with the name.</exception>
    public abstract Picture Decode(PictureDecoder decoder);

    /// <summary>What tells this picture from others without decoding it: content, or path, length and time of the file.</summary>
    public abstract ReadOnlySpan<byte> Identity { get; }

    /// <summary>A file on disk.</summary>
    public static PictureSource File(string path, string name) => new OnDisk(path, name);

    /// <summary>A file's content in memory.</summary>
    public static PictureSource Content(byte[] bytes, string name) => new InMemory(bytes, name);

    /// <summary>Pixels in memory.</summary>
    public static PictureSource Decoded(Picture picture, string name) => new Pixels(picture, name);

    private sealed record OnDisk(string Path, string Name) : PictureSource(Name)
    {
        public override ReadOnlySpan<byte> Identity
        {
            get
            {
                var file = new FileInfo(Path);
                return Encoding.UTF8.GetBytes(file.Exists ? $"{Path}|{file.Length}|{file.LastWriteTimeUtc.Ticks}" : Path);
            }
        }

        public override Picture Decode(PictureDecoder decoder)
        {
            byte[] bytes;
            try
            {
                var length = new FileInfo(Path).Length;
                if (length > LargestFile)
                    throw new InvalidDataException($"{Name} has {length} bytes; at most {LargestFile} are read.");
                bytes = System.IO.File.ReadAllBytes(Path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
            {
                throw new InvalidDataException($"{Name} cannot be read: {e.Message}", e);
            }
            return decoder.Decode(bytes, Name);
        }
    }

    private sealed record InMemory(byte[] Bytes, string Name) : PictureSource(Name)
    {
        public override ReadOnlySpan<byte> Identity => Bytes;

        public override Picture Decode(PictureDecoder decoder) => decoder.Decode(Bytes, Name);
    }

    private sealed record Pixels(Picture Picture, string Name) : PictureSource(Name)
    {
        public override ReadOnlySpan<byte> Identity => Picture.Pixels;

        public override Picture Decode(PictureDecoder decoder) => Picture;
    }
}
