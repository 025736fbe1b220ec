using Microsoft.ML.Eva.Scoring;

namespace Microsoft.ML.Eva;

/// <summary>
/// Predicts for many callers at once: requests that arrive close together are scored as one batch, which costs far less than one
/// by one. What <c>PredictionEngine</c> is for one thread, this is for a server: safe for any number of callers, bounded in what
/// it lets wait, and with any fitted pipeline, this library's or another.
/// </summary>
/// <remarks>
/// <para>A request that fails does not spoil those beside it: its batch is scored again in halves. A request whose caller goes away is not
/// scored, unless its batch had begun. The pipeline must give one row for each row.</para>
/// <para>.NET metrics of the meter <c>Microsoft.ML.Eva</c>, each with the tag <c>model</c>: <c>eva.prediction.requests</c> (tag <c>outcome</c>:
/// predicted, failed, abandoned, refused), <c>eva.prediction.duration</c> (seconds), <c>eva.prediction.batch_size</c>, <c>eva.prediction.waiting</c>.</para>
/// </remarks>
/// <typeparam name="TInput">The rows' type, with a property for each column the pipeline reads.</typeparam>
/// <typeparam name="TOutput">The predictions' type, with a property for each column that is wanted.</typeparam>
public sealed class BatchPredictor<TInput, TOutput> : IAsyncDisposable
    where TInput : class
    where TOutput : class, new()
{
    private readonly MLContext _mlContext;
    private readonly ITransformer _model;
    private readonly BatchPredictorOptions _options;
    private readonly RequestQueue<TInput, TOutput> _queue;
    private readonly Task _work;
    private readonly KeyValuePair<string, object?> _name;
    private volatile bool _isClosed;

    /// <summary>Makes a predictor, which is ready at once.</summary>
    /// <param name="mlContext">The context.</param>
    /// <param name="model">The fitted pipeline. It stays its owner's: dispose it after this object.</param>
    /// <param name="options">How requests become batches. Null: the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public BatchPredictor(MLContext mlContext, ITransformer model, BatchPredictorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        ArgumentNullException.ThrowIfNull(model);
        (_mlContext, _model, _options) = (mlContext, model, (options ?? new()).Snapshot(nameof(options)));
        _name = new("model", _options.Name);
        _queue = new(_options.QueueCapacity, _options.MaxBatchSize, _options.MaxWait, Taken);
        _work = Task.WhenAll(Enumerable.Range(0, _options.Workers).Select(_ => Task.Run(WorkAsync)));
    }

    /// <summary>Gets the number of requests that wait for a batch.</summary>
    public int QueueLength => _queue.Count;

    /// <summary>Predicts for one row, together with others that are asked for at the same time.</summary>
    /// <param name="input">The row. It must not be changed before the prediction is there.</param>
    /// <param name="cancellationToken">Cancelled when nobody waits for the prediction any more.</param>
    /// <returns>The prediction. It fails with what the pipeline threw for this row.</returns>
    /// <exception cref="PredictionQueueFullException">Too many requests wait.</exception>
    /// <exception cref="ObjectDisposedException">The predictor has been disposed.</exception>
    public Task<TOutput> PredictAsync(TInput input, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        ObjectDisposedException.ThrowIf(_isClosed, this);
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<TOutput>(cancellationToken);
        var request = new PredictionRequest<TInput, TOutput>(input, cancellationToken);
        PredictionMetrics.Waiting.Add(1, _name);
        if (_queue.TryAdd(request))
            return request.Prediction;
        PredictionMetrics.Waiting.Add(-1, _name);
        ObjectDisposedException.ThrowIf(_isClosed, this);
        Count("refused");
        throw new PredictionQueueFullException(_options.QueueCapacity);
    }

    /// <summary>Lets no more requests in, answers those that are waiting, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _isClosed = true;
        _queue.Close();
        await _work.ConfigureAwait(false);
    }

    private void Taken(PredictionRequest<TInput, TOutput> request)
    {
        PredictionMetrics.Waiting.Add(-1, _name);
        if (request.IsAbandoned)
            Count("abandoned");
    }

    private async Task WorkAsync()
    {
        while (await _queue.TakeBatchAsync().ConfigureAwait(false) is { } batch)
            if (batch.Count > 0)
                Answer(batch);
    }

    private void Answer(List<PredictionRequest<TInput, TOutput>> batch)
    {
        PredictionMetrics.BatchSize.Record(batch.Count, _name);
        Score(batch);
        foreach (var request in batch)
        {
            var outcome = request.Prediction.IsCompletedSuccessfully ? "predicted" : request.Prediction.IsFaulted ? "failed" : "abandoned";
            Count(outcome);
            PredictionMetrics.Duration.Record(request.Age.TotalSeconds, _name);
        }
    }

    private void Score(List<PredictionRequest<TInput, TOutput>> requests)
    {
        try
        {
            var scored = _model.Transform(_mlContext.Data.LoadFromEnumerable(requests.Select(request => request.Input)));
            var outputs = _mlContext.Data.CreateEnumerable<TOutput>(scored, reuseRowObject: false).ToList();
            if (outputs.Count != requests.Count)
                throw new InvalidOperationException($"The pipeline gave {outputs.Count} rows for {requests.Count}; a predictor needs one for each. Leave filters out of it.");
            for (var i = 0; i < requests.Count; i++)
                requests[i].Complete(outputs[i]);
        }
        catch (Exception exception) when (requests.Count == 1)
        {
            requests[0].Fail(exception);
        }
        catch (Exception)
        {
            // One of them is broken; halving finds it without a prediction lost.
            Score(requests[..(requests.Count / 2)]);
            Score(requests[(requests.Count / 2)..]);
        }
    }

    private void Count(string outcome) => PredictionMetrics.Requests.Add(1, _name, new("outcome", outcome));
}
