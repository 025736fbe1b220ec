using System.Collections.Concurrent;
using Microsoft.ML;

namespace Serving.Models;

/// <summary>The models being served. Loads them while the server already answers, and again when their files change.</summary>
internal sealed partial class ModelStore(IReadOnlyList<ModelSource> sources, Settings settings, ILogger<ModelStore> logger) : BackgroundService, IAsyncDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ConcurrentDictionary<string, ServedModel> _models = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTime> _tried = [];

    /// <summary>The models that are ready.</summary>
    public IEnumerable<ServedModel> Models => _models.Values;

    /// <summary>Whether every model is there.</summary>
    public bool IsReady => _models.Count == sources.Count;

    /// <summary>Whether a model of that name is served, now or soon.</summary>
    public bool Knows(string name) => sources.Any(source => source.Name == name);

    /// <summary>The model of that name, or null while it is not loaded.</summary>
    public ServedModel? Find(string name) => _models.GetValueOrDefault(name);

    /// <summary>Predicts with the model of that name, in a batch. If the model is exchanged just then, the new one answers.</summary>
    public async Task<MessageScores> PredictAsync(ServedModel model, Message message, CancellationToken cancellation)
    {
        try
        {
            return await model.Batches.PredictAsync(message, cancellation);
        }
        catch (ObjectDisposedException) when (Find(model.Name) is { } current && current != model)
        {
            return await current.Batches.PredictAsync(message, cancellation);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var name in _models.Keys)
            if (_models.TryRemove(name, out var model))
                await model.DisposeAsync();
        Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield(); // loading must not hold up the server's start
        using var timer = new PeriodicTimer(settings.ReloadEvery);
        do
            foreach (var source in sources)
                if (!stoppingToken.IsCancellationRequested && (source.Path is not null || Find(source.Name) is null))
                    await LoadIfChangedAsync(source, stoppingToken);
        while (await WaitAsync(timer, stoppingToken));
    }

    private static async Task<bool> WaitAsync(PeriodicTimer timer, CancellationToken stopping)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    // A file that cannot be loaded, half written for instance, leaves the model that is there and is tried again when it has changed.
    private async Task LoadIfChangedAsync(ModelSource source, CancellationToken stop)
    {
        var written = source.LastWritten();
        if (_tried.TryGetValue(source.Name, out var last) && last == written)
            return;
        _tried[source.Name] = written;
        try
        {
            var model = new ServedModel(_ml, source.Name, source.Load(_ml, stop), settings.Batching);
            var old = Find(source.Name);
            _models[source.Name] = model;
            LogLoaded(source.Name, string.Join(", ", model.Classes));
            if (old is not null)
                await old.DisposeAsync();
        }
        catch (Exception e) when (e is ArgumentException or InvalidDataException or IOException or FormatException or InvalidOperationException)
        {
            LogFailed(source.Name, e.Message);
        }
    }

    [LoggerMessage(LogLevel.Information, "Model {Name} is ready: {Classes}")]
    private partial void LogLoaded(string name, string classes);

    [LoggerMessage(LogLevel.Error, "Model {Name} cannot be loaded: {Reason}")]
    private partial void LogFailed(string name, string reason);
}
