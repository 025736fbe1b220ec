namespace Microsoft.ML.Eva;

/// <summary>How the weights are trained: AdamW, a warm-up of the learning rate, then its decay.</summary>
/// <remarks>The seed is the <see cref="MLContext"/>'s: the same seed, rows and options give the same model on the CPU, to the bit.</remarks>
public sealed class TrainingOptions
{
    /// <summary>Gets or sets the number of passes over the training rows.</summary>
    /// <value>1 to 10,000. Default: 3.</value>
    public int Epochs { get; set; } = 3;

    /// <summary>Gets or sets the number of rows that go through the network together.</summary>
    /// <value>1 to 65,536. Default: 32.</value>
    public int BatchSize { get; set; } = 32;

    /// <summary>Gets or sets the number of batches whose gradients are averaged for one step: as good as a batch that many times larger, in the memory of one.</summary>
    /// <value>1 to 65,536. Default: 1.</value>
    public int GradientAccumulation { get; set; } = 1;

    /// <summary>
    /// Gets or sets whether a batch for which the memory does not suffice is computed in halves (or quarters, …) whose gradients are
    /// added up, with a warning in the <see cref="MLContext"/>'s log. The step is that of the whole batch, only slower; dropout, which is
    /// drawn anew, and rounding may differ.
    /// </summary>
    /// <value>Default: <see langword="false"/>, an <see cref="InsufficientMemoryException"/> that says what to set.</value>
    public bool SplitsBatchesWhenOutOfMemory { get; set; }

    /// <summary>Gets or sets in which numbers the network multiplies during EVA's warm-up, training and validation.</summary>
    /// <value>
    /// Default: <see cref="ComputePrecision.Float32"/>. With <see cref="ComputePrecision.BFloat16"/> training takes a fifth to two fifths less time on processors that can do it; others say so in a warning.
    /// Weights, optimiser and the fitted model are in 32 bits either way; how a fitted model scores is its own choice (<see cref="EvaTransformer.Precision"/>).
    /// </value>
    public ComputePrecision Precision { get; set; }

    /// <summary>Gets or sets the learning rate at its peak, right after the warm-up.</summary>
    /// <value>Greater than 0, at most 10. Default: 0.001, which suits adapters; train all weights with 0.00002 to 0.0001.</value>
    public double LearningRate { get; set; } = 1e-3;

    /// <summary>
    /// Gets or sets the learning rate of the head, which begins untrained and may need larger steps than the pretrained layers bear. It
    /// rises and falls with <see cref="LearningRate"/>.
    /// </summary>
    /// <value>Greater than 0, at most 10. Default: <see langword="null"/>, the same as <see cref="LearningRate"/>.</value>
    public double? HeadLearningRate { get; set; }

    /// <summary>Gets or sets the fraction of all steps in which the learning rate rises from 0 to its peak.</summary>
    /// <value>0 to 1. Default: 0.06.</value>
    public double WarmupFraction { get; set; } = 0.06;

    /// <summary>Gets or sets how the learning rate goes down after the warm-up.</summary>
    /// <value>Default: <see cref="LearningRateDecay.Linear"/>.</value>
    public LearningRateDecay LearningRateDecay { get; set; }

    /// <summary>Gets or sets AdamW's weight decay. Only matrices decay; biases, normalisations and magnitudes do not.</summary>
    /// <value>0 to 10. Default: 0.</value>
    public double WeightDecay { get; set; }

    /// <summary>Gets or sets the norm to which a larger gradient is scaled down.</summary>
    /// <value>Greater than 0; infinity for no limit. Default: 1.</value>
    public double MaxGradientNorm { get; set; } = 1;

    /// <summary>Gets or sets the dropout inside the pretrained network while it is trained.</summary>
    /// <value>0 up to, but not including, 1. Default: <see langword="null"/>, what the checkpoint says.</value>
    public double? Dropout { get; set; }

    /// <summary>Gets or sets the fraction of the training rows that is kept apart to find the best epoch. Ignored where validation data is given.</summary>
    /// <value>0 (none) up to, but not including, 1. Default: 0.</value>
    public double ValidationFraction { get; set; }

    /// <summary>Gets or sets the number of epochs without a better validation metric after which training ends.</summary>
    /// <value>At least 1. Default: <see langword="null"/>, never. The best epoch's weights are kept either way.</value>
    public int? Patience { get; set; }

    /// <summary>
    /// Gets or sets a folder of this run's own for checkpoints. They are made at every epoch's end and as often as
    /// <see cref="CheckpointEverySteps"/> says; the same fit started again with the same folder goes on from the last one and, on the CPU,
    /// ends with the same model, to the bit. Delete the folder once the model is saved.
    /// </summary>
    /// <value>Default: <see langword="null"/>, no checkpoints.</value>
    public string? CheckpointFolder { get; set; }

    /// <summary>Gets or sets the number of steps between two checkpoints inside an epoch.</summary>
    /// <value>At least 1. Default: <see langword="null"/>, none but those at the epochs' ends.</value>
    public int? CheckpointEverySteps { get; set; }

    /// <summary>Gets or sets the number of checkpoints that stay in the folder; older ones are deleted.</summary>
    /// <value>1 to 1,000. Default: 2, so that there is one to fall back on if the last one is damaged.</value>
    public int CheckpointsKept { get; set; } = 2;

    /// <summary>Gets or sets what is told about progress, from the thread that trains.</summary>
    /// <value>Default: <see langword="null"/>, nobody; messages go to the <see cref="MLContext"/>'s log either way.</value>
    public IProgress<TrainingProgress>? Progress { get; set; }

    /// <summary>Gets or sets what stops the training within one step. The fit then returns the best model so far, as it does when AutoML cancels the <see cref="MLContext"/>.</summary>
    /// <value>Default: <see cref="CancellationToken.None"/>.</value>
    public CancellationToken CancellationToken { get; set; }

    internal void Validate(OptionsValidator validator)
    {
        validator.Range(Epochs, 1, 10_000, nameof(Epochs));
        validator.Range(BatchSize, 1, 65_536, nameof(BatchSize));
        validator.Range(GradientAccumulation, 1, 65_536, nameof(GradientAccumulation));
        validator.Require(Enum.IsDefined(Precision), nameof(Precision), Precision, $"one of {string.Join(", ", Enum.GetNames<ComputePrecision>())}");
        validator.Require(LearningRate is > 0 and <= 10, nameof(LearningRate), LearningRate, "greater than 0 and at most 10");
        validator.Require(HeadLearningRate is null or (> 0 and <= 10), nameof(HeadLearningRate), HeadLearningRate, "null, or greater than 0 and at most 10");
        validator.Require(WarmupFraction is >= 0 and <= 1, nameof(WarmupFraction), WarmupFraction, "from 0 to 1");
        validator.Require(Enum.IsDefined(LearningRateDecay), nameof(LearningRateDecay), LearningRateDecay, $"one of {string.Join(", ", Enum.GetNames<LearningRateDecay>())}");
        validator.Require(WeightDecay is >= 0 and <= 10, nameof(WeightDecay), WeightDecay, "from 0 to 10");
        validator.Require(MaxGradientNorm > 0, nameof(MaxGradientNorm), MaxGradientNorm, "greater than 0");
        validator.Require(Dropout is null or (>= 0 and < 1), nameof(Dropout), Dropout, "null, or from 0 to less than 1");
        validator.Require(ValidationFraction is >= 0 and < 1, nameof(ValidationFraction), ValidationFraction, "from 0 to less than 1");
        validator.Require(CheckpointFolder is null || !string.IsNullOrWhiteSpace(CheckpointFolder), nameof(CheckpointFolder), "empty", "null or the path of a folder");
        validator.Require(CheckpointEverySteps is null or >= 1, nameof(CheckpointEverySteps), CheckpointEverySteps, "null, or at least 1");
        validator.Range(CheckpointsKept, 1, 1000, nameof(CheckpointsKept));
        validator.Require(Patience is null or >= 1, nameof(Patience), Patience, "null, or at least 1");
    }

    internal TrainingOptions Clone() => (TrainingOptions)MemberwiseClone();
}
