using System.Diagnostics;

namespace Microsoft.ML.Eva.Training;

/// <summary>Tells a listener where training stands, whenever there is something new to tell.</summary>
internal sealed class ProgressReport(IProgress<TrainingProgress>? listener, TrainingPlan plan, int rowCount)
{
    private readonly Stopwatch _training = new();
    private readonly int _stepsPerEpoch = TrainingPlan.StepsPerEpoch(rowCount, plan.BatchSize, plan.GradientAccumulation);
    private int? _firstStep;

    /// <summary>A step was made.</summary>
    public void AfterStep(TrainingRun run)
    {
        // the first step pays for allocations and compilation; speed is measured from its end
        _firstStep ??= run.Optimizer.StepCount;
        _training.Start();
        if (listener is null || !run.Log.IsUpToDate)
            return;
        Tell(run, TrainingPhase.Training);
    }

    /// <summary>An epoch's steps are done; if it <paramref name="isValidated"/>, the listener hears that this takes a moment.</summary>
    public void BeforeValidation(TrainingRun run, bool isValidated)
    {
        _training.Stop();
        if (isValidated)
            Tell(run, TrainingPhase.Validation);
    }

    /// <summary>An epoch is complete, its validation included.</summary>
    public void AfterEpoch(TrainingRun run)
    {
        if (run.Epochs[^1].Validation is not null)
            Tell(run, TrainingPhase.Validation);
        if (run.Epochs.Count < plan.Epochs && _firstStep is not null)
            _training.Start();
    }

    private void Tell(TrainingRun run, TrainingPhase phase)
    {
        if (listener is null)
            return;
        var steps = _stepsPerEpoch * plan.Epochs;
        var done = run.Optimizer.StepCount;
        double? stepsPerSecond = done > _firstStep && _training.Elapsed > TimeSpan.Zero ? (done - _firstStep) / _training.Elapsed.TotalSeconds : null;
        var validation = run.Epochs.LastOrDefault(epoch => epoch.Validation is not null)?.Validation;
        listener.Report(new TrainingProgress(
            phase,
            Math.Min((done - 1) / _stepsPerEpoch + 1, plan.Epochs),
            plan.Epochs,
            done,
            steps,
            run.Log.Losses[^1],
            plan.LearningRate * plan.Schedule.Factor(done - 1),
            stepsPerSecond * rowCount / _stepsPerEpoch,
            stepsPerSecond is { } speed ? TimeSpan.FromSeconds((steps - done) / speed) : null,
            validation?.MetricName,
            validation?.Metric));
    }
}
