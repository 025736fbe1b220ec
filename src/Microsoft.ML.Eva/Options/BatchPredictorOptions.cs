namespace Microsoft.ML.Eva;

/// <summary>How a <see cref="BatchPredictor{TInput, TOutput}"/> gathers requests into batches. Every property has a default that works.</summary>
public sealed class BatchPredictorOptions
{
    /// <summary>Gets or sets the most requests that are scored together.</summary>
    /// <value>1 to 65,536. Default: 32.</value>
    public int MaxBatchSize { get; set; } = 32;

    /// <summary>Gets or sets how long the first request of a batch waits for others. Those that arrived while the batch before was scored need no wait.</summary>
    /// <value>0 to 10 seconds. Default: 2 milliseconds.</value>
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromMilliseconds(2);

    /// <summary>Gets or sets how many requests may wait. One more is refused with a <see cref="PredictionQueueFullException"/> instead of waiting for ever.</summary>
    /// <value>1 to 1,000,000. Default: 256.</value>
    public int QueueCapacity { get; set; } = 256;

    /// <summary>Gets or sets how many batches are scored at a time. libtorch uses several cores for one batch by itself.</summary>
    /// <value>1 to 256. Default: 1.</value>
    public int Workers { get; set; } = 1;

    /// <summary>Gets or sets what the model is called in metrics (the tag <c>model</c>).</summary>
    /// <value>Default: <c>model</c>.</value>
    public string Name { get; set; } = "model";

    /// <summary>A copy that later changes do not reach.</summary>
    /// <exception cref="ArgumentException">With every fault.</exception>
    internal BatchPredictorOptions Snapshot(string parameterName)
    {
        var validator = new OptionsValidator();
        validator.Range(MaxBatchSize, 1, 65_536, nameof(MaxBatchSize));
        validator.Require(MaxWait >= TimeSpan.Zero && MaxWait <= TimeSpan.FromSeconds(10), nameof(MaxWait), MaxWait, "from 0 to 10 seconds");
        validator.Range(QueueCapacity, 1, 1_000_000, nameof(QueueCapacity));
        validator.Range(Workers, 1, 256, nameof(Workers));
        validator.Require(!string.IsNullOrWhiteSpace(Name), nameof(Name), "empty", "a name");
        validator.ThrowIfFaulty(parameterName);
        return (BatchPredictorOptions)MemberwiseClone();
    }
}
