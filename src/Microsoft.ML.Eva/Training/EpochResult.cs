namespace Microsoft.ML.Eva.Training;

/// <summary>One pass over the training rows.</summary>
/// <param name="Epoch">Counted from 1.</param>
/// <param name="TrainingLoss">The mean of its steps' losses.</param>
/// <param name="Validation">What the validation rows said afterwards; null where there are none.</param>
internal sealed record EpochResult(int Epoch, double TrainingLoss, EvaluationResult? Validation);
