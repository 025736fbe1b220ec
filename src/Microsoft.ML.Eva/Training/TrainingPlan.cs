namespace Microsoft.ML.Eva.Training;

/// <summary>How a network is trained: the numbers the loop needs, ready to use.</summary>
internal sealed record TrainingPlan
{
    /// <summary>Passes over the rows.</summary>
    public required int Epochs { get; init; }

    /// <summary>Rows in a batch.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Batches whose gradients are averaged for one step.</summary>
    public int GradientAccumulation { get; init; } = 1;

    /// <summary>In which numbers the network multiplies.</summary>
    public ComputePrecision Precision { get; init; }

    /// <summary>The learning rate that the schedule scales.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Step by step, the factor on the learning rate.</summary>
    public required LearningRateSchedule Schedule { get; init; }

    /// <summary>AdamW's constants.</summary>
    public AdamWConstants AdamW { get; init; } = AdamWConstants.Default;

    /// <summary>The norm to which a larger gradient is scaled down.</summary>
    public double MaxGradientNorm { get; init; } = 1;

    /// <summary>Epochs without improvement after which training ends; null: never.</summary>
    public int? Patience { get; init; }

    /// <summary>Decides order and dropout.</summary>
    public int Seed { get; init; }

    /// <summary>The plan that <paramref name="options"/> mean for that many rows.</summary>
    public static TrainingPlan Create(TrainingOptions options, int rowCount, int seed)
    {
        var stepsPerEpoch = StepsPerEpoch(rowCount, options.BatchSize, options.GradientAccumulation);
        var steps = checked(stepsPerEpoch * options.Epochs);
        return new TrainingPlan
        {
            Epochs = options.Epochs,
            BatchSize = options.BatchSize,
            GradientAccumulation = options.GradientAccumulation,
            Precision = options.Precision,
            LearningRate = options.LearningRate,
            Schedule = new LearningRateSchedule(options.LearningRateDecay, steps, (int)Math.Ceiling(options.WarmupFraction * steps)),
            MaxGradientNorm = options.MaxGradientNorm,
            Patience = options.Patience,
            Seed = seed,
        };
    }

    /// <summary>Steps in one pass over that many rows; the last one may have fewer batches than the others.</summary>
    public static int StepsPerEpoch(int rowCount, int batchSize, int gradientAccumulation)
    {
        var batches = ((long)rowCount + batchSize - 1) / batchSize;
        return (int)((batches + gradientAccumulation - 1) / gradientAccumulation);
    }
}
