using System.Diagnostics;

namespace Microsoft.ML.Eva.Hub;

/// <summary>Adds up the bytes of all files and reports them, ten times a second at most and at the end of each file.</summary>
internal sealed class ProgressTally(string repository, long totalLength, IProgress<DownloadProgress>? progress)
{
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(0.1);
    private readonly Stopwatch _sinceReport = new();
    private long _finished;

    /// <summary>So many bytes of the file are here.</summary>
    public void Advance(RemoteFile file, long bytes)
    {
        if (progress is null || (_sinceReport.IsRunning && _sinceReport.Elapsed < _interval))
            return;
        _sinceReport.Restart();
        Report(file, bytes);
    }

    /// <summary>The whole file is here and is what the hub says it is.</summary>
    public void Finish(RemoteFile file)
    {
        Report(file, file.Length);
        _finished += file.Length;
    }

    private void Report(RemoteFile file, long bytes) =>
        progress?.Report(new DownloadProgress(repository, file.Name, bytes, file.Length, _finished + bytes, totalLength));
}
