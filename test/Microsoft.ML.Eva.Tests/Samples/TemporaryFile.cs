using System.Text;

namespace Microsoft.ML.Eva.Tests.Samples;

/// <summary>A file in a folder of its own, gone when disposed.</summary>
internal sealed class TemporaryFile : IDisposable
{
    public TemporaryFile(string name, string text, bool hasByteOrderMark = false)
    {
        Path = System.IO.Path.Combine(Folder, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        File.WriteAllText(Path, text, new UTF8Encoding(hasByteOrderMark));
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("eva-sample-").FullName;

    public string Path { get; }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
