namespace Microsoft.ML.Eva;

/// <summary>Where a fit stands.</summary>
/// <param name="Phase">What it is doing.</param>
/// <param name="Epoch">The epoch, counted from 1; 0 before training.</param>
/// <param name="Epochs">The number of epochs.</param>
/// <param name="Step">Steps done in this phase.</param>
/// <param name="Steps">Steps this phase takes, at most.</param>
/// <param name="Loss">The last step's loss; <see langword="null"/> outside training.</param>
/// <param name="LearningRate">The last step's learning rate; <see langword="null"/> outside training.</param>
/// <param name="RowsPerSecond">Rows per second in this phase so far.</param>
/// <param name="TimeLeft">The time this phase will still take at that speed; <see langword="null"/> while unknown.</param>
/// <param name="MetricName">The validation metric's name; <see langword="null"/> where nothing has been validated yet.</param>
/// <param name="ValidationMetric">The last epoch's validation metric; <see langword="null"/> where nothing has been validated yet.</param>
public sealed record TrainingProgress(
    TrainingPhase Phase,
    int Epoch,
    int Epochs,
    int Step,
    int Steps,
    double? Loss = null,
    double? LearningRate = null,
    double? RowsPerSecond = null,
    TimeSpan? TimeLeft = null,
    string? MetricName = null,
    double? ValidationMetric = null);
