namespace Microsoft.ML.Eva.Hub;

/// <summary>
/// One repository's part of the cache, in the layout of Python's <c>huggingface_hub</c>: contents by hash in <c>blobs</c>,
/// a folder of links per commit in <c>snapshots</c>, branch and tag names in <c>refs</c>.
/// </summary>
internal sealed class HubCache
{
    private readonly bool _usesSymbolicLinks;
    private readonly string _lockFolder;

    public HubCache(HubSettings settings, string repository)
    {
        var name = "models--" + repository.Replace("/", "--", StringComparison.Ordinal);
        Folder = Path.Combine(settings.CacheFolder, name);
        _lockFolder = Path.Combine(settings.CacheFolder, ".locks", name);
        _usesSymbolicLinks = settings.UsesSymbolicLinks;
    }

    /// <summary>The repository's folder.</summary>
    public string Folder { get; }

    public string LockPath(Checksum checksum) => Path.Combine(_lockFolder, checksum.Hexadecimal + ".lock");

    public string BlobPath(Checksum checksum) => Path.Combine(Folder, "blobs", checksum.Hexadecimal);

    public string IncompletePath(Checksum checksum) => BlobPath(checksum) + ".incomplete";

    public string SnapshotFolder(string commit) => Path.Combine(Folder, "snapshots", commit);

    public string PointerPath(string commit, string file) => Path.Combine([SnapshotFolder(commit), .. file.Split('/')]);

    /// <summary>The folder of a revision's files as far as they are cached, or null.</summary>
    public string? FindSnapshot(string revision)
    {
        var commit = HubNames.IsCommit(revision) ? revision : ReadReference(revision);
        return commit is not null && Directory.Exists(SnapshotFolder(commit)) ? SnapshotFolder(commit) : null;
    }

    /// <summary>The branches and tags that are cached, for messages.</summary>
    public IEnumerable<string> CachedRevisions()
    {
        var folder = Path.Combine(Folder, "refs");
        return Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/')).Order(StringComparer.Ordinal).Take(10)
            : [];
    }

    /// <summary>The length of a file or of what a link leads to; null where there is nothing, as for a link whose blob was deleted.</summary>
    public static long? LengthOf(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
            return null;
        if (file.LinkTarget is not null)
            return file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo { Exists: true } target ? target.Length : null;
        return file.Length;
    }

    /// <summary>Makes a finished download a blob.</summary>
    public void Keep(Checksum checksum) =>
        CacheWriteException.Guard(BlobPath(checksum), () => File.Move(IncompletePath(checksum), BlobPath(checksum), overwrite: true));

    /// <summary>Lets the snapshot's file lead to its blob. Where links cannot be made, a new blob becomes the file itself and an older one is copied, as Python does.</summary>
    public void Link(string commit, RemoteFile file, bool isNewBlob)
    {
        var (blob, pointer) = (BlobPath(file.Checksum), PointerPath(commit, file.Name));
        CacheWriteException.Guard(pointer, () =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(pointer)!);
            var temporary = TemporaryName(pointer);
            if (_usesSymbolicLinks && TryLink(temporary, Path.GetRelativePath(Path.GetDirectoryName(pointer)!, blob)))
                File.Move(temporary, pointer, overwrite: true);
            else if (isNewBlob)
                File.Move(blob, pointer, overwrite: true);
            else
            {
                File.Copy(blob, temporary);
                File.Move(temporary, pointer, overwrite: true);
            }
        });
    }

    /// <summary>Notes which commit a branch or tag stood for. Written last, it vouches for a whole snapshot.</summary>
    public void WriteReference(string revision, string commit)
    {
        if (revision == commit || ReadReference(revision) == commit)
            return;
        var path = ReferencePath(revision);
        CacheWriteException.Guard(path, () =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var temporary = TemporaryName(path);
            File.WriteAllText(temporary, commit);
            File.Move(temporary, path, overwrite: true);
        });
    }

    /// <summary>Refuses a download that the disk cannot hold.</summary>
    public void CheckFreeSpace(HubTarget target, long needed)
    {
        CacheWriteException.Guard(Folder, () => Directory.CreateDirectory(Path.Combine(Folder, "blobs")));
        long free;
        try
        {
            free = new DriveInfo(Folder).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return; // a share or mount that does not tell; the write itself will
        }
        if (needed > free)
            throw CacheWriteException.Full(Folder, target, needed, free);
    }

    private string ReferencePath(string revision) => Path.Combine([Folder, "refs", .. revision.Split('/')]);

    private string? ReadReference(string revision)
    {
        try
        {
            using var reader = new StreamReader(ReferencePath(revision));
            var start = new char[64];
            var text = new string(start, 0, reader.ReadBlock(start)).Trim();
            return HubNames.IsCommit(text) ? text : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool TryLink(string path, string target)
    {
        try
        {
            File.CreateSymbolicLink(path, target);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            return false; // Windows without developer mode, or a file system without links
        }
    }

    private static string TemporaryName(string path) => $"{path}.{Guid.NewGuid():N}.tmp";
}
