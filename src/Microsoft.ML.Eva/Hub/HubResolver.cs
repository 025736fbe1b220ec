namespace Microsoft.ML.Eva.Hub;

/// <summary>
/// Turns a model's name on the hub into a folder: from the cache that Python's <c>huggingface_hub</c> shares with us, without
/// any request; else by a download into that cache.
/// </summary>
internal sealed class HubResolver
{
    private readonly HubSettings _settings;
    private readonly HubOptions _options;
    private readonly RetryPolicy _retry;

    /// <summary>Takes a snapshot of the options, which win over the settings.</summary>
    public HubResolver(HubSettings settings, HubOptions options, RetryPolicy? retry = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var validator = new OptionsValidator();
        options.Validate(validator);
        validator.ThrowIfFaulty(nameof(options));
        _options = options.Clone();
        _settings = settings.OverriddenBy(_options);
        _retry = retry ?? RetryPolicy.Default;
    }

    /// <summary>Finds or downloads a model with the settings of the environment.</summary>
    /// <returns>A folder with config.json, the weights and the tokenizer's files; it belongs to the cache and is not to be written to.</returns>
    /// <exception cref="ArgumentException">The name, the revision, an option or a variable is not usable.</exception>
    /// <exception cref="FileNotFoundException">The network is off and the model is not cached.</exception>
    /// <exception cref="HttpRequestException">The hub refuses or cannot be reached; the status tells which.</exception>
    /// <exception cref="InvalidDataException">What the hub has is no usable model, is too large, or came broken.</exception>
    /// <exception cref="IOException">The cache cannot be written.</exception>
    public static string Resolve(string repository, string revision, HubOptions options, IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default) =>
        new HubResolver(HubSettings.FromEnvironment(), options).Resolve(repository, revision, progress, cancellation);

    /// <inheritdoc cref="Resolve(string, string, HubOptions, IProgress{DownloadProgress}?, CancellationToken)"/>
    public string Resolve(string repository, string revision, IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default) =>
        // On the pool: a caller's synchronization context must not be waited for.
        Task.Run(() => ResolveAsync(repository, revision, progress, cancellation), cancellation).GetAwaiter().GetResult();

    /// <inheritdoc cref="Resolve(string, string, HubOptions, IProgress{DownloadProgress}?, CancellationToken)"/>
    public async Task<string> ResolveAsync(string repository, string revision, IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default)
    {
        HubNames.CheckRepository(repository);
        HubNames.CheckRevision(revision);
        var target = new HubTarget(repository, revision);
        var cache = new HubCache(_settings, repository);
        var snapshot = cache.FindSnapshot(revision);
        if (_settings.IsOffline)
            return FromCache(snapshot, cache, target);
        if (snapshot is not null && !_options.CheckForUpdates && CachedSnapshot.Lacks(snapshot, target).Count == 0 && CachedSnapshot.HasInputFile(snapshot))
            return snapshot;
        using var client = new HubClient(_settings, _options.Timeout);
        return await new SnapshotDownload(client, cache, _options, _retry).RunAsync(target, progress, cancellation).ConfigureAwait(false);
    }

    private static string FromCache(string? snapshot, HubCache cache, HubTarget target)
    {
        const string Remedy = "Run once with the network on (HF_HUB_OFFLINE=0, HubOptions.Offline = false), copy the model's folder from the cache of another machine, or use Checkpoint.FromFolder.";
        if (snapshot is null)
        {
            var others = string.Join("', '", cache.CachedRevisions());
            throw new FileNotFoundException($"The {target} is not in the cache ('{cache.Folder}'), and the network is off. {(others.Length > 0 ? $"Cached revisions: '{others}'. " : "")}{Remedy}");
        }
        var missing = CachedSnapshot.Lacks(snapshot, target);
        return missing.Count == 0
            ? snapshot
            : throw new FileNotFoundException($"The {target} is cached in '{snapshot}' without {string.Join(", ", missing.Take(5))}, and the network is off. {Remedy}");
    }
}
