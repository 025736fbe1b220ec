namespace Microsoft.ML.Eva;

/// <summary>How far the download of a model has come.</summary>
/// <param name="Repository">The model's name on the hub.</param>
/// <param name="File">The file that is being downloaded.</param>
/// <param name="FileBytes">The bytes of that file that are here, those of an earlier, broken download included.</param>
/// <param name="FileLength">The length of that file.</param>
/// <param name="TotalBytes">The bytes of all needed files that are here.</param>
/// <param name="TotalLength">The length of all needed files.</param>
public readonly record struct DownloadProgress(string Repository, string File, long FileBytes, long FileLength, long TotalBytes, long TotalLength);
