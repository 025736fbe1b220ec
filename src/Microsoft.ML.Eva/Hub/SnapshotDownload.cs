namespace Microsoft.ML.Eva.Hub;

/// <summary>Brings a revision's needed files into the cache, each of them once even if several processes want it.</summary>
internal sealed class SnapshotDownload(HubClient client, HubCache cache, HubOptions options, RetryPolicy retry)
{
    private static readonly TimeSpan _longestLock = TimeSpan.FromHours(6); // a download at 500 kB/s of the largest model by default

    /// <summary>Downloads what is missing and returns the snapshot's folder.</summary>
    public async Task<string> RunAsync(HubTarget target, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
    {
        var listing = await retry.RunAsync(() => client.ListAsync(target, cancellation), cancellation).ConfigureAwait(false);
        var names = new List<string>(NeededFiles.Choose(listing, target));
        CheckSize(names.Select(name => listing.Files[name].Length ?? 0), target);
        if (names[^1] == NeededFiles.WeightIndex)
            names.AddRange(await ChooseShardsAsync(listing, target, cancellation).ConfigureAwait(false));
        var files = new List<RemoteFile>();
        foreach (var name in names)
            files.Add(await DescribeAsync(name, listing, target, cancellation).ConfigureAwait(false));
        CheckSize(files.Select(file => file.Length), target);
        cache.CheckFreeSpace(target, files.Sum(file => Missing(file, listing.Commit)));

        var tally = new ProgressTally(target.Repository, files.Sum(file => file.Length), progress);
        foreach (var file in files)
        {
            await FetchAsync(target with { File = file.Name }, listing.Commit, file, bytes => tally.Advance(file, bytes), cancellation).ConfigureAwait(false);
            tally.Finish(file);
        }
        cache.WriteReference(target.Revision, listing.Commit);
        return cache.SnapshotFolder(listing.Commit);
    }

    // The index must be here before it is known which shards are wanted.
    private async Task<IReadOnlyList<string>> ChooseShardsAsync(HubListing listing, HubTarget target, CancellationToken cancellation)
    {
        var indexTarget = target with { File = NeededFiles.WeightIndex };
        var index = await DescribeAsync(NeededFiles.WeightIndex, listing, target, cancellation).ConfigureAwait(false);
        CheckSize([index.Length], target);
        await FetchAsync(indexTarget, listing.Commit, index, _ => { }, cancellation).ConfigureAwait(false);
        var shards = ShardIndex.ReadShards(cache.PointerPath(listing.Commit, NeededFiles.WeightIndex), indexTarget);
        var missing = shards.Where(shard => !listing.Files.ContainsKey(shard)).ToArray();
        return missing.Length == 0
            ? shards
            : throw new InvalidDataException($"The {indexTarget} names {missing.Length} shards that the repository does not have: {string.Join(", ", missing.Take(3))}. Use another revision.");
    }

    private Task<RemoteFile> DescribeAsync(string name, HubListing listing, HubTarget target, CancellationToken cancellation) =>
        retry.RunAsync(() => client.DescribeAsync(target with { File = name }, listing.Commit, listing.Files[name], cancellation), cancellation);

    private void CheckSize(IEnumerable<long> lengths, HubTarget target)
    {
        var total = lengths.Aggregate((Int128)0, (sum, length) => sum + length);
        if (total > options.MaxDownloadBytes)
            throw new InvalidDataException($"The {target} needs {total} bytes, more than the {options.MaxDownloadBytes} of HubOptions.MaxDownloadBytes. Raise it if the model is wanted; nothing more was downloaded.");
    }

    private long Missing(RemoteFile file, string commit) =>
        HubCache.LengthOf(cache.PointerPath(commit, file.Name)) == file.Length || HubCache.LengthOf(cache.BlobPath(file.Checksum)) == file.Length
            ? 0
            : Math.Max(0, file.Length - (HubCache.LengthOf(cache.IncompletePath(file.Checksum)) ?? 0));

    private async Task FetchAsync(HubTarget target, string commit, RemoteFile file, Action<long> report, CancellationToken cancellation)
    {
        bool IsPresent(string path) => HubCache.LengthOf(path) == file.Length;
        if (IsPresent(cache.PointerPath(commit, file.Name)))
            return;
        await using var turn = await FileLock.AcquireAsync(cache.LockPath(file.Checksum), _longestLock, cancellation).ConfigureAwait(false);
        if (IsPresent(cache.PointerPath(commit, file.Name)))
            return;
        var isNew = !IsPresent(cache.BlobPath(file.Checksum));
        if (isNew)
        {
            await new BlobDownload(client, retry).FetchAsync(target, commit, file, cache.IncompletePath(file.Checksum), report, cancellation).ConfigureAwait(false);
            cache.Keep(file.Checksum);
        }
        cache.Link(commit, file, isNew);
    }
}
