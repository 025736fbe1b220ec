namespace Microsoft.ML.Eva.Training;

/// <summary>What happened in a training run.</summary>
/// <param name="Losses">The loss of every optimiser step.</param>
/// <param name="GradientNorms">The gradient's norm of every optimiser step, before clipping.</param>
/// <param name="Epochs">Every completed epoch.</param>
/// <param name="BestEpoch">The epoch, from 1, whose weights were kept; null where there was no validation, so that the last ones were.</param>
/// <param name="Seconds">Time spent, validation included.</param>
/// <param name="IsCancelled">Whether the run was asked to stop before its end.</param>
internal sealed record TrainingResult(
    IReadOnlyList<float> Losses,
    IReadOnlyList<float> GradientNorms,
    IReadOnlyList<EpochResult> Epochs,
    int? BestEpoch,
    double Seconds,
    bool IsCancelled)
{
    /// <summary>What the validation rows say of the weights where the run was stopped in the middle of an epoch; null if it was not, or there are none.</summary>
    public EvaluationResult? Stopped { get; init; }

    /// <summary>Optimiser steps made.</summary>
    public int Steps => Losses.Count;
}
