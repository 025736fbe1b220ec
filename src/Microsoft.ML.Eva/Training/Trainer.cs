using System.Diagnostics;
using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Tensors;
using Microsoft.ML.Eva.Training.Checkpoints;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Training;

/// <summary>Trains the groups' weights of a network on batches, whatever is in them.</summary>
/// <param name="network">The network. Its frozen weights stay as they are.</param>
/// <param name="groups">The weights to train.</param>
/// <param name="loss">What to make small.</param>
/// <param name="plan">How.</param>
/// <param name="adapterTraining">The adaptation method's own part in training, if it has one.</param>
internal sealed class Trainer(Network network, IReadOnlyList<ParameterGroup> groups, TaskLoss loss, TrainingPlan plan, IAdapterTraining? adapterTraining = null)
{
    // Pages given back have to be asked for and cleared again, which can take as long as a short step (docs/performance.md).
    private const int StepsBetweenTrims = 32;

    /// <summary>How many rows may go through the network at once.</summary>
    public RowLimit Limit { get; init; } = RowLimit.None("training");

    /// <summary>
    /// Trains until the plan, the patience or <paramref name="cancellation"/> ends it. The network is left with the best epoch's
    /// weights if there is a <paramref name="validation"/>, else with the last ones. With <paramref name="checkpoints"/> it goes on where
    /// an earlier, unfinished run of the same kind stopped. With <paramref name="stopAfter"/> it stops after that many steps in all, as
    /// something to go on from: the learning rate is that of the whole plan.
    /// </summary>
    /// <exception cref="ArgumentException">There is nothing to train, or training diverged.</exception>
    /// <exception cref="InsufficientMemoryException">The memory ran out, and <see cref="Limit"/> may not be less.</exception>
    public TrainingResult Train(IBatchSource rows, Evaluator? validation = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default, TrainingCheckpoints? checkpoints = null, int? stopAfter = null)
    {
        if (rows.RowCount == 0)
            throw new ArgumentException("There are no rows to train on.", nameof(rows));
        using var run = new TrainingRun(groups, plan, adapterTraining);
        checkpoints?.Restore(run, plan, rows);
        var report = new ProgressReport(progress, plan, rows.RowCount);
        var clock = Stopwatch.StartNew();
        var isCancelled = false;
        EvaluationResult? stopped = null;
        try
        {
            while (run.Epochs.Count < plan.Epochs && !IsOutOfPatience(run) && !(run.Optimizer.StepCount >= stopAfter))
            {
                TrainEpoch(run, rows, report, checkpoints, stopAfter, cancellation);
                if (run.StepInEpoch == TrainingPlan.StepsPerEpoch(rows.RowCount, plan.BatchSize, plan.GradientAccumulation))
                    CompleteEpoch(run, validation, report, cancellation);
                checkpoints?.Save(run);
            }
            if (run.StepInEpoch > 0)
                stopped = validation?.Evaluate(network, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            isCancelled = true;
            run.Log.Read();
            checkpoints?.Save(run);
        }
        run.ReturnToBest();
        return new TrainingResult(run.Log.Losses, run.Log.GradientNorms, run.Epochs, run.Best?.Epoch, clock.Elapsed.TotalSeconds, isCancelled) { Stopped = stopped };
    }

    private void TrainEpoch(TrainingRun run, IBatchSource rows, ProgressReport report, TrainingCheckpoints? checkpoints, int? stopAfter, CancellationToken cancellation)
    {
        var skip = run.StepInEpoch * plan.GradientAccumulation;
        foreach (var parts in rows.TrainingBatches(plan.BatchSize, plan.Seed, run.Epochs.Count, skip).Chunk(plan.GradientAccumulation))
        {
            try
            {
                cancellation.ThrowIfCancellationRequested();
                Step(run, parts);
            }
            finally
            {
                foreach (var part in parts)
                    part.Dispose();
            }
            report.AfterStep(run);
            checkpoints?.AfterStep(run);
            if (run.Optimizer.StepCount % StepsBetweenTrims == 0)
                NativeHeap.Trim();
            if (run.Optimizer.StepCount >= stopAfter)
                break;
        }
        run.Log.Read();
    }

    private void Step(TrainingRun run, Batch[] parts)
    {
        using var scope = NewDisposeScope();
        var mean = ForwardAndBackward(run, parts);
        var norm = run.Parameters.ClipGradients(plan.MaxGradientNorm);
        var step = run.Optimizer.StepCount;
        run.Optimizer.Step(plan.LearningRate * plan.Schedule.Factor(step));
        run.AdapterTraining?.AfterStep(step);
        run.Parameters.ZeroGradients();
        run.StepInEpoch++;
        run.Log.Record(mean, norm);
    }

    // Where the memory runs out the whole step is begun again, with fewer rows at once: what part of the gradient is there already is unknown.
    private Tensor ForwardAndBackward(TrainingRun run, Batch[] parts)
    {
        while (true)
        {
            try
            {
                var mean = zeros([], device: run.Parameters.Values.device);
                foreach (var part in parts)
                    AddGradient(run, part, parts.Length, mean);
                return mean;
            }
            catch (Exception e) when (MemoryShortage.Is(e))
            {
                run.Parameters.ZeroGradients();
                var largest = parts.MaxBy(part => part.Inputs.numel())!;
                Limit.Shrink(Limit.RowsAtOnce(largest, network.Backbone), largest.RowShape, e);
            }
        }
    }

    private void AddGradient(TrainingRun run, Batch part, int divisor, Tensor mean)
    {
        var atOnce = Limit.RowsAtOnce(part, network.Backbone);
        if (part.RowCount <= atOnce)
        {
            AddGradientOfRows(run, part, divisor, mean);
            return;
        }
        var total = loss.CountOf(part);
        for (var start = 0; start < part.RowCount; start += atOnce)
        {
            using var piece = part.Slice(start, Math.Min(atOnce, part.RowCount - start));
            if (loss.CountOf(piece) is > 0 and var count)
                AddGradientOfRows(run, piece, divisor * total / count, mean);
        }
    }

    private void AddGradientOfRows(TrainingRun run, Batch batch, double divisor, Tensor mean)
    {
        using var scope = NewDisposeScope();
        var value = loss.Compute(network.Forward(batch, ForwardMode.Training(run.Dropout, plan.Precision)), batch);
        if (run.AdapterTraining?.Penalty() is { } penalty)
            value = value.Plus(penalty);
        var share = value.Over(divisor);
        share.backward();
        foreach (var adapter in network.Adapters)
            adapter.EndBackward();
        mean.add_(share.detach(), Scalars.One);
    }

    private void CompleteEpoch(TrainingRun run, Evaluator? validation, ProgressReport report, CancellationToken cancellation)
    {
        var meanLoss = run.Log.Losses.TakeLast(run.StepInEpoch).Select(value => (double)value).DefaultIfEmpty(double.NaN).Average();
        report.BeforeValidation(run, validation is not null);
        var result = validation?.Evaluate(network, cancellation);
        var isBest = result is not null && validation!.IsBetter(result, run.Best?.Validation);
        run.CompleteEpoch(new EpochResult(run.Epochs.Count + 1, meanLoss, result), isBest);
        report.AfterEpoch(run);
    }

    private bool IsOutOfPatience(TrainingRun run) =>
        plan.Patience is { } patience && run.Epochs.Count > 0 && run.Epochs[^1].Validation is not null
        && run.Epochs.Count - (run.Best?.Epoch ?? 0) >= patience;
}
