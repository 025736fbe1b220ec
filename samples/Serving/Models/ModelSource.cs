using Microsoft.ML;

namespace Serving.Models;

/// <summary>Where a model comes from.</summary>
/// <param name="Name">What it is served under.</param>
/// <param name="Path">The file or folder that is looked at for changes; null where there is none.</param>
/// <param name="Load">Loads or trains it; training ends early with what it has when the server goes down.</param>
internal sealed record ModelSource(string Name, string? Path, Func<MLContext, CancellationToken, ITransformer> Load)
{
    /// <summary>When the file, or a file of the folder, was last written; the default where there is nothing to look at.</summary>
    public DateTime LastWritten()
    {
        if (File.Exists(Path))
            return File.GetLastWriteTimeUtc(Path);
        return Directory.Exists(Path) ? new DirectoryInfo(Path).EnumerateFiles().Select(file => file.LastWriteTimeUtc).DefaultIfEmpty().Max() : default;
    }
}
