using System.Diagnostics;
using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Eva;
using Microsoft.ML.Eva.MLNet;
using Microsoft.ML.Eva.Tensors;

namespace Microsoft.ML.Eva.Fitting;

/// <summary>The stage of a fit in which EVA looks at the training rows.</summary>
internal static class EvaStage
{
    /// <summary>The adapters' start, with what EVA's options leave to the kind of rows; null for methods without one.</summary>
    public static InitializationOptions? StartOf(AdapterOptions adapter, FineTuningTask task)
    {
        if (adapter.Start is not EvaOptions { Whitening: null } open)
            return adapter.Start;
        var options = (EvaOptions)open.Clone();
        options.Whitening = task.Whitening;
        return options;
    }

    /// <summary>EVA's findings; null where the adapters start from something else.</summary>
    /// <exception cref="InsufficientMemoryException">The memory ran out; the message says what to set.</exception>
    public static EvaResult? Run(FineTuningTask task, AdapterPlan plan, AdapterOptions adapter, TrainingOptions training, int seed, FitProgress progress)
    {
        if (StartOf(adapter, task) is not EvaOptions options)
            return null;
        var isRankStabilized = adapter is LowRankOptions { IsRankStabilized: true };
        if (task.Findings is { } findings)
            return findings.Distribute(plan, options, seed, isRankStabilized);
        for (var rows = options.BatchSize; ; rows = (rows + 1) / 2)
        {
            try
            {
                return Analyse(task, plan, options, isRankStabilized, rows, training, seed, progress);
            }
            catch (Exception e) when (MemoryShortage.Is(e))
            {
                if (!training.SplitsBatchesWhenOutOfMemory || rows < 2)
                    throw new InsufficientMemoryException($"The memory ran out in EVA's warm-up with mini-batches of {rows} rows. Lower {nameof(EvaOptions)}.{nameof(EvaOptions.BatchSize)}, shorten the rows ({nameof(EvaLoraTextOptions.MaxTokens)}, {nameof(EvaLoraImageOptions.ImageSize)}), or set {nameof(TrainingOptions.SplitsBatchesWhenOutOfMemory)}.", e);
                progress.Warning($"The memory ran out in EVA's warm-up with mini-batches of {rows} rows; it begins again with {(rows + 1) / 2}.");
            }
        }
    }

    private static EvaResult Analyse(FineTuningTask task, AdapterPlan plan, EvaOptions options, bool isRankStabilized, int rows, TrainingOptions training, int seed, FitProgress progress)
    {
        var epoch = 0;
        var clock = Stopwatch.StartNew();
        var analysis = new EvaAnalysis(options, seed)
        {
            IsRankStabilized = isRankStabilized,
            Precision = training.Precision,
            Progress = pass => progress.Report(new TrainingProgress(
                TrainingPhase.WarmUp, 0, training.Epochs, pass.Number, options.MaxBatches, RowsPerSecond: pass.Number * rows / clock.Elapsed.TotalSeconds)),
        };
        var result = analysis.Run(task.Network.Backbone, plan, () => task.Train.TrainingBatches(rows, seed, epoch++), training.CancellationToken);
        NativeHeap.Trim();
        progress.Info($"EVA looked at {result.Batches} mini-batches of at most {rows} rows; {(result.HasConverged ? "all components are stable" : "not all components are stable yet (MaxBatches)")}; {result.RemovedLayers.Count()} of {plan.Layers.Count} layers got no rank.");
        return result;
    }
}
