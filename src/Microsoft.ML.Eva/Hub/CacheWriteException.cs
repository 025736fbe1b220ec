namespace Microsoft.ML.Eva.Hub;

/// <summary>The cache folder cannot be written; another attempt does not help.</summary>
internal sealed class CacheWriteException : IOException
{
    private CacheWriteException(string message, Exception? inner) : base(message, inner)
    {
    }

    /// <summary>A failure of the disk at a path.</summary>
    public static CacheWriteException At(string path, Exception cause) =>
        new($"The model cache cannot be written at '{path}': {cause.Message} Check free space and rights, or choose another folder with HF_HUB_CACHE (or HubOptions.CacheFolder).", cause);

    /// <summary>The disk is too small.</summary>
    public static CacheWriteException Full(string folder, HubTarget target, long needed, long free) =>
        new($"The {target} needs {needed} more bytes, but the disk of the cache folder '{folder}' has {free} free. Make room, or choose another folder with HF_HUB_CACHE (or HubOptions.CacheFolder).", null);

    /// <summary>Another process holds a lock too long.</summary>
    public static CacheWriteException Locked(string path, TimeSpan waited) =>
        new($"Another process has been downloading the same file for more than {waited}; its lock is '{path}'. Wait for it, or end it.", null);

    /// <summary>Runs what touches the disk and names <paramref name="path"/> if it fails.</summary>
    public static void Guard(string path, Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is (IOException and not CacheWriteException) or UnauthorizedAccessException or NotSupportedException)
        {
            throw At(path, e);
        }
    }
}
