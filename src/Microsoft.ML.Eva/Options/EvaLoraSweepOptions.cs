namespace Microsoft.ML.Eva;

/// <summary>All that a sweep can be told: what is trained, what is varied, how much is spent.</summary>
public sealed class EvaLoraSweepOptions
{
    /// <summary>Gets or sets what all trials have in common; the dimensions change its <c>Adapter</c> and <c>Training</c>. Rows to compare trials on are its <c>ValidationSet</c> or <see cref="TrainingOptions.ValidationFraction"/>, unless they are given to the run.</summary>
    /// <value>Default: <see cref="EvaLoraTextOptions"/> with its defaults. Its <see cref="TrainingOptions.CheckpointFolder"/> must be null: trials have folders of their own.</value>
    public EvaLoraOptions Trainer { get; set; } = new EvaLoraTextOptions();

    /// <summary>Gets or sets what is varied.</summary>
    /// <value>Default: rank 4, 8 or 16; rho 1, 1.5 or 2; learning rate from 0.0003 to 0.005. Few dimensions are searched best.</value>
    public IReadOnlyList<SweepDimension> Dimensions { get; set; } =
        [SweepDimension.Rank(4, 8, 16), SweepDimension.Rho(1, 1.5, 2), SweepDimension.LearningRate(3e-4, 5e-3)];

    /// <summary>Gets or sets which combinations are tried.</summary>
    /// <value>Default: <see cref="RandomSearchOptions"/> with 12 trials.</value>
    public SweepSearchOptions Search { get; set; } = new RandomSearchOptions();

    /// <summary>
    /// Gets or sets successive halving's factor: all trials train for a small part of their steps, the best of them – one in this
    /// many – for this many times as long, and so on, until the rest train to their end. Trials go on from where they were.
    /// </summary>
    /// <value>1 (every trial is trained to its end) to 100. Default: 3.</value>
    public int HalvingFactor { get; set; } = 3;

    /// <summary>Gets or sets the part of its training that every trial gets at least before it may be given up.</summary>
    /// <value>Greater than 0, at most 1. Default: 0.1; less leaves the choice to noise.</value>
    public double EarliestStop { get; set; } = 0.1;

    /// <summary>
    /// Gets or sets how many trials run at the same time. Results do not depend on it. Each needs memory for its own activations and
    /// adapters, the frozen network is shared; on a CPU whose cores one trial keeps busy, more are no faster.
    /// </summary>
    /// <value>1 to 256. Default: 1.</value>
    public int ParallelTrials { get; set; } = 1;

    /// <summary>
    /// Gets or sets a folder of this sweep's own for its journal and its trials' checkpoints. The same sweep started again with the
    /// same folder, also after it was killed, goes on where it was and repeats no finished trial. Delete the folder once the model is saved.
    /// </summary>
    /// <value>Default: <see langword="null"/>, a temporary folder that is deleted at the end.</value>
    public string? Folder { get; set; }

    /// <summary>Gets or sets what is told whenever a trial has been trained for a while; one call at a time, from the thread that trained.</summary>
    /// <value>Default: <see langword="null"/>, nobody; messages go to the <see cref="MLContext"/>'s log either way.</value>
    public IProgress<SweepProgress>? Progress { get; set; }

    /// <summary>Gets or sets what stops the sweep within one step. The run then returns the best model so far.</summary>
    /// <value>Default: <see cref="CancellationToken.None"/>.</value>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>Checks every option but <see cref="Trainer"/>'s own and returns a copy that later changes do not reach.</summary>
    /// <exception cref="ArgumentException">With every fault.</exception>
    internal EvaLoraSweepOptions Snapshot(string parameterName)
    {
        var validator = new OptionsValidator();
        validator.NotNull(Trainer, nameof(Trainer));
        if (Trainer?.Training is { } training)
            validator.Require(training.CheckpointFolder is null, $"{nameof(Trainer)}.{nameof(Trainer.Training)}.{nameof(TrainingOptions.CheckpointFolder)}", $"'{training.CheckpointFolder}'", $"null: trials have folders of their own in the sweep's {nameof(Folder)}");
        validator.NotNull(Search, nameof(Search))?.Validate(validator);
        ValidateDimensions(validator);
        validator.Range(HalvingFactor, 1, 100, nameof(HalvingFactor));
        validator.Require(EarliestStop is > 0 and <= 1, nameof(EarliestStop), EarliestStop, "greater than 0 and at most 1");
        validator.Range(ParallelTrials, 1, 256, nameof(ParallelTrials));
        validator.Require(Folder is null || !string.IsNullOrWhiteSpace(Folder), nameof(Folder), "empty", "null or the path of a folder");
        validator.ThrowIfFaulty(parameterName);
        var copy = (EvaLoraSweepOptions)MemberwiseClone();
        copy.Dimensions = [.. Dimensions];
        copy.Search = Search.Clone();
        return copy;
    }

    private void ValidateDimensions(OptionsValidator validator)
    {
        if (validator.NotNull(Dimensions, nameof(Dimensions)) is not { } dimensions)
            return;
        validator.Require(dimensions.Count > 0 && dimensions.All(dimension => dimension is not null), nameof(Dimensions), "an empty list or has a null", "at least one dimension, and no null");
        foreach (var dimension in dimensions.OfType<SweepDimension>())
            dimension.Validate(validator);
        if (dimensions.OfType<SweepDimension>().GroupBy(dimension => dimension.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            validator.Require(false, nameof(Dimensions), $"given '{twice.Key}' twice", "dimensions with different names");
    }
}
