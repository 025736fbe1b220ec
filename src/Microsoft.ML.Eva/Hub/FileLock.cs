using System.Diagnostics;

namespace Microsoft.ML.Eva.Hub;

/// <summary>
/// A lock between processes: the open handle of a file, which the system takes back when a process dies. Same file and kind
/// (flock, or a Windows share lock) as Python's <c>filelock</c>, so that both wait for each other.
/// </summary>
internal static class FileLock
{
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(0.5);

    /// <summary>Waits until the lock is free and takes it; disposing the stream gives it back.</summary>
    /// <exception cref="CacheWriteException">It stays taken, or cannot be made.</exception>
    public static async Task<FileStream> AcquireAsync(string path, TimeSpan timeout, CancellationToken cancellation)
    {
        CacheWriteException.Guard(path, () => Directory.CreateDirectory(Path.GetDirectoryName(path)!));
        var waiting = Stopwatch.StartNew();
        for (var pause = TimeSpan.FromMilliseconds(10); ; pause = pause * 2 < _longestPause ? pause * 2 : _longestPause)
        {
            FileStream? stream = null;
            CacheWriteException.Guard(path, () => stream = TryOpen(path));
            if (stream is not null)
                return stream;
            if (waiting.Elapsed > timeout)
                throw CacheWriteException.Locked(path, timeout);
            await Task.Delay(pause, cancellation).ConfigureAwait(false);
        }
    }

    private static FileStream? TryOpen(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
        }
        catch (IOException e) when (IsTaken(e.HResult))
        {
            return null;
        }
    }

    // EWOULDBLOCK of Linux and macOS; ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION of Windows.
    private static bool IsTaken(int code) =>
        OperatingSystem.IsWindows() ? (code & 0xffff) is 32 or 33 : code == (OperatingSystem.IsLinux() ? 11 : 35);
}
