using System.Threading.Channels;

namespace Microsoft.ML.Eva.Scoring;

/// <summary>A queue of bounded length that hands out what waits in it by the batch.</summary>
/// <param name="capacity">The most requests that wait.</param>
/// <param name="maxBatchSize">The most requests of a batch.</param>
/// <param name="maxWait">How long the first request of a batch waits for others.</param>
/// <param name="onTaken">Is told of every request that leaves the queue.</param>
internal sealed class RequestQueue<TInput, TOutput>(int capacity, int maxBatchSize, TimeSpan maxWait, Action<PredictionRequest<TInput, TOutput>> onTaken)
{
    private readonly Channel<PredictionRequest<TInput, TOutput>> _requests = Channel.CreateBounded<PredictionRequest<TInput, TOutput>>(new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.Wait });

    /// <summary>The number of requests that wait.</summary>
    public int Count => _requests.Reader.Count;

    /// <summary>Appends a request; false if the queue is full or closed.</summary>
    public bool TryAdd(PredictionRequest<TInput, TOutput> request) => _requests.Writer.TryWrite(request);

    /// <summary>Lets nothing more in; what waits is still handed out.</summary>
    public void Close() => _requests.Writer.TryComplete();

    /// <summary>
    /// The next batch: as soon as it is full, or when its first request has waited long enough. Requests whose callers went away are
    /// dropped, so it may be empty. Null when the queue is closed and empty.
    /// </summary>
    public async Task<List<PredictionRequest<TInput, TOutput>>?> TakeBatchAsync()
    {
        if (!await _requests.Reader.WaitToReadAsync().ConfigureAwait(false))
            return null;
        var batch = new List<PredictionRequest<TInput, TOutput>>();
        TakeWhatWaits(batch);
        using var patience = new CancellationTokenSource();
        if (batch.Count > 0 && batch.Count < maxBatchSize && maxWait > TimeSpan.Zero)
            patience.CancelAfter(maxWait);
        else
            return batch;
        try
        {
            while (batch.Count < maxBatchSize && await _requests.Reader.WaitToReadAsync(patience.Token).ConfigureAwait(false))
                TakeWhatWaits(batch);
        }
        catch (OperationCanceledException)
        {
            // waited long enough
        }
        return batch;
    }

    private void TakeWhatWaits(List<PredictionRequest<TInput, TOutput>> batch)
    {
        while (batch.Count < maxBatchSize && _requests.Reader.TryRead(out var request))
        {
            onTaken(request);
            if (!request.IsAbandoned)
                batch.Add(request);
        }
    }
}
