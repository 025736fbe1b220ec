using System.Diagnostics;
using Microsoft.ML.Eva.MLNet;
using Microsoft.ML.Eva.Sweeps;
using Microsoft.ML.Eva.Training;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Eva.Fitting;

/// <summary>Trains single trials of a sweep, each in a network of its own over the frozen weights that all share. Safe for many threads.</summary>
internal sealed class TrialRunner(IHost host, ModelFit fit, FitPlace place, FitData data, SweepWarmUps warmUps, SweepFolder folder, CancellationToken cancellation)
{
    /// <summary>Trains a trial to the end of a rung, from where it was.</summary>
    /// <param name="trial">The trial.</param>
    /// <param name="before">How it stood before.</param>
    /// <param name="rung">How long it is to train.</param>
    /// <param name="number">The rung's number, from 1.</param>
    /// <returns>How it stands then, or null if it was cancelled.</returns>
    public SweepTrial? Train(TrialConfiguration trial, SweepTrial before, Rung rung, int number)
    {
        using var channel = host.Start($"Trial {trial.Number}");
        using var progress = new FitProgress(host, channel, listener: null);
        var training = progress.Cancelling(OptionsOf(trial));
        var totalSteps = TrainingPlan.Create(training, data.Train.RowCount, place.Seed).Schedule.Steps;
        var state = before with { Rungs = number, TotalSteps = totalSteps };
        var clock = Stopwatch.StartNew();
        try
        {
            using var initialization = place.CreateInitialization();
            using var network = fit.CreateNetwork(place, training, initialization, progress);
            var task = data.CreateTask(network) with { Findings = warmUps.For(trial) };
            var result = FineTuning.RunPart(task, trial.Adapter, training, initialization, place.Seed, progress, HalvingSchedule.StopAfter(rung, totalSteps));
            return result.IsCancelled ? null : WithResult(state, result, rung) with { Seconds = before.Seconds + clock.Elapsed.TotalSeconds };
        }
        catch (OperationCanceledException) when (training.CancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e) when (e is ArgumentException or InvalidDataException)
        {
            return state with { Error = e.Message, Metric = double.NaN, Loss = double.NaN, Seconds = before.Seconds + clock.Elapsed.TotalSeconds };
        }
    }

    /// <summary>The model of a trial as far as it was trained.</summary>
    public EvaTransformer Complete(TrialConfiguration trial, SweepTrial state, double secondsWarmUp)
    {
        using var channel = host.Start($"Trial {trial.Number}");
        using var progress = new FitProgress(host, channel, listener: null);
        var training = OptionsOf(trial);
        if (!state.IsComplete)
            training.CancellationToken = new CancellationToken(canceled: true); // takes it as it is
        using var initialization = place.CreateInitialization();
        var network = fit.CreateNetwork(place, training, initialization, progress);
        try
        {
            var task = data.CreateTask(network) with { Findings = warmUps.For(trial) };
            var result = FineTuning.Run(task, trial.Adapter, training, initialization, place.Seed, progress);
            var report = result.Report with { SecondsTrain = state.Seconds, SecondsEva = secondsWarmUp };
            return fit.Complete(place, data, network, result with { Report = report });
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private TrainingOptions OptionsOf(TrialConfiguration trial)
    {
        var training = trial.Training.Clone();
        (training.CheckpointFolder, training.CheckpointsKept) = (folder.OfTrial(trial.Number), 1);
        (training.Progress, training.CancellationToken) = (null, cancellation);
        return training;
    }

    // A trial that its patience ended has had all it will get.
    private static SweepTrial WithResult(SweepTrial state, TrainingResult result, Rung rung)
    {
        var isComplete = rung.Part >= 1 || (result.Stopped is null && result.Steps < HalvingSchedule.StopAfter(rung, state.TotalSteps));
        var validation = result.Stopped ?? (isComplete && result.BestEpoch is { } best ? result.Epochs[best - 1] : result.Epochs[^1]).Validation!;
        return state with
        {
            Steps = result.Steps,
            Part = isComplete ? 1 : rung.Part,
            MetricName = validation.MetricName,
            Metric = validation.Metric,
            Loss = validation.Loss,
        };
    }
}
