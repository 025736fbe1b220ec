namespace Microsoft.ML.Eva;

/// <summary>A prediction was asked for while as many requests were waiting as are allowed to. Ask again later, or answer 503 with Retry-After.</summary>
public sealed class PredictionQueueFullException : Exception
{
    /// <summary>Says how many may wait.</summary>
    /// <param name="capacity">The number of requests that may wait.</param>
    public PredictionQueueFullException(int capacity)
        : base($"{capacity} requests are waiting for this model, as many as {nameof(BatchPredictorOptions)}.{nameof(BatchPredictorOptions.QueueCapacity)} allows. Ask again later.")
    {
    }
}
