using System.Diagnostics;
using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Eva;
using Microsoft.ML.Eva.MLNet;
using Microsoft.ML.Eva.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva;

/// <summary>
/// The composition root, the only file that sees the whole line: checkpoint → network → EVA → adapters → training → merge.
/// </summary>
internal static class FineTuning
{
    /// <summary>Fine-tunes a network for a task. The caller disposes the network and has not given away the checkpoint.</summary>
    public static (Network Network, TrainingReport Report) Run(FineTuningTask task, AdapterOptions adapter, TrainingOptions training, Device device, int seed, FitProgress progress)
    {
        using var initialization = new Generator(unchecked((ulong)seed), device);
        var network = NetworkFactory.Create(task.Checkpoint, task.Head, task.Outputs, initialization, dropout: training.Dropout);
        try
        {
            var plan = AdapterPlan.Create(adapter, network.Backbone.AdaptableLayers);
            var clock = Stopwatch.StartNew();
            using var eva = Analyse(network, plan, adapter, task, training, seed, progress);
            var secondsEva = clock.Elapsed.TotalSeconds;
            var seated = AdapterInjector.Seat(network, eva?.Plan ?? plan, adapter, eva?.Plan.Layers.ToDictionary(p => p.Layer, p => eva.Components[p.Layer.Name]), initialization);
            var groups = ParameterGroup.DecayingMatrices(seated.SelectMany(a => a.Weights).Concat(network.Head.Weights).Where(w => w.IsTrainable), training.WeightDecay);
            var parameters = groups.Sum(g => g.Weights.Sum(w => w.Value.numel()));
            progress.Info($"Training {parameters:n0} parameters in {seated.Count} adapted layers and the head on {task.Train.RowCount:n0} rows.");
            var trainer = new Trainer(network, groups, task.Loss, TrainingPlan.Create(training, task.Train.RowCount, seed));
            var validation = task.Validation is null ? null : new Evaluator(task.Validation, task.Loss, task.CreateMetric, training.BatchSize);
            var result = trainer.Train(task.Train, validation, progress, training.CancellationToken);
            AdapterMerger.Merge(network);
            return (network, Report(task, adapter, plan, eva, parameters, result, secondsEva));
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private static EvaResult? Analyse(Network network, AdapterPlan plan, AdapterOptions adapter, FineTuningTask task, TrainingOptions training, int seed, FitProgress progress)
    {
        if (adapter is not LowRankOptions { Initialization: EvaOptions options })
            return null;
        var epoch = 0;
        var result = EvaAnalysis.Run(network.Backbone, plan, options, () => task.Train.TrainingBatches(options.BatchSize, seed, epoch++), seed, training.CancellationToken);
        progress.Info($"EVA looked at {result.Batches} mini-batches of {options.BatchSize} rows; {(result.HasConverged ? "all components are stable" : "not all components are stable yet (MaxBatches)")}; {result.RemovedLayers.Count()} of {plan.Layers.Count} layers got no rank.");
        return result;
    }

    private static TrainingReport Report(FineTuningTask task, AdapterOptions adapter, AdapterPlan plan, EvaResult? eva, long parameters, TrainingResult result, double secondsEva)
    {
        var validated = result.Epochs.Select(e => e.Validation).OfType<EvaluationResult>().ToList();
        return new TrainingReport
        {
            Checkpoint = task.Checkpoint.Name,
            Method = MethodName(adapter),
            Rows = task.Train.RowCount,
            TrainableParameters = parameters,
            Ranks = eva is null
                ? plan.Layers.ToDictionary(p => p.Layer.Name, p => p.Rank)
                : eva.Layers.ToDictionary(layer => layer.Name, layer => layer.Rank),
            ExplainedVariance = eva?.Layers.ToDictionary(layer => layer.Name, layer => layer.ExplainedVarianceRatio.ToArray()) ?? [],
            EvaBatches = eva?.Batches ?? 0,
            EvaConverged = eva?.HasConverged ?? false,
            Losses = result.Losses,
            ValidationLosses = [.. validated.Select(v => v.Loss)],
            ValidationMetrics = [.. validated.Select(v => v.Metric)],
            BestEpoch = result.BestEpoch ?? result.Epochs.Count,
            IsCancelled = result.IsCancelled,
            SecondsEva = secondsEva,
            SecondsTrain = result.Seconds,
        };
    }

    private static string MethodName(AdapterOptions adapter)
    {
        var method = adapter.GetType().Name.Replace("Options", "", StringComparison.Ordinal);
        return adapter is LowRankOptions lowRank ? $"{method}, {lowRank.Initialization.GetType().Name.Replace("Options", "", StringComparison.Ordinal)}" : method;
    }
}
