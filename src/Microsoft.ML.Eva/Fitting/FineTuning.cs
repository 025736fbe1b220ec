using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Eva;
using Microsoft.ML.Eva.MLNet;
using Microsoft.ML.Eva.Persistence;
using Microsoft.ML.Eva.Tensors;
using Microsoft.ML.Eva.Training;
using Microsoft.ML.Eva.Training.Checkpoints;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Fitting;

/// <summary>
/// The composition root, the only file that sees the whole line: network and rows → EVA → adapters → training → merge → report.
/// </summary>
internal static class FineTuning
{
    /// <summary>Fine-tunes the task's network and merges what was learned into its weights, where the task says so.</summary>
    public static FineTuningResult Run(FineTuningTask task, AdapterOptions adapter, TrainingOptions training, Generator initialization, int seed, FitProgress progress)
    {
        var network = task.Network;
        var clock = Stopwatch.StartNew();
        var (plan, method, eva) = Start(task, adapter, training, initialization, seed, progress);
        using (eva)
        {
            var secondsEva = eva is null ? 0 : clock.Elapsed.TotalSeconds;
            var (parameters, trained, result) = Train(task, adapter, method, training, seed, progress);
            if (task.LabelScale is { } scale)
                HeadScale.ToLabels(network.Head, scale);
            var ranks = AdapterRanks.Of(plan, network.Adapters);
            var snapshot = AdapterSnapshot.TryOf(network, method);
            AdapterMerger.End(network, task.MergesAdapter);
            NativeHeap.Trim();
            return new FineTuningResult(Report(task, adapter, method, ranks, eva, parameters, trained, result) with { SecondsEva = secondsEva, Settings = RunSettings.OfMethod(adapter, EvaStage.StartOf(adapter, task), training) }, snapshot);
        }
    }

    /// <summary>
    /// Trains as <see cref="Run"/> does, but only until so many steps have been made in all, and leaves the network unmerged: what was
    /// learned is in the training options' checkpoint folder, from which either method goes on.
    /// </summary>
    public static TrainingResult RunPart(FineTuningTask task, AdapterOptions adapter, TrainingOptions training, Generator initialization, int seed, FitProgress progress, int stopAfter)
    {
        var (_, method, eva) = Start(task, adapter, training, initialization, seed, progress);
        using (eva)
        {
            var result = Train(task, adapter, method, training, seed, progress, stopAfter).Result;
            NativeHeap.Trim();
            return result;
        }
    }

    // The layers, the method and EVA's findings; afterwards the adapters sit in their seats.
    private static (AdapterPlan Plan, AdapterOptions Method, EvaResult? Eva) Start(FineTuningTask task, AdapterOptions adapter, TrainingOptions training, Generator initialization, int seed, FitProgress progress)
    {
        var network = task.Network;
        var drawn = task.LabelScale is null ? default : network.Head.LastLayer.Weight.Value.Handle;
        if (adapter is AdapterFolderOptions { Folder: var folder })
        {
            var (method, read) = AdapterFolder.Read(folder, network);
            ScaleHead(task, isTrained: task.HasTrainedHead || task.LabelScale is null || network.Head.LastLayer.Weight.Value.Handle != drawn);
            AdapterInjector.MakeTrainableBesideAdapters(network, method);
            return (new AdapterPlan([.. read.Select(one => new PlannedLayer(one.Layer, 0, 0))]), method, null);
        }
        ScaleHead(task, task.HasTrainedHead);
        var plan = AdapterPlan.Create(adapter, network.Backbone.AdaptableLayers);
        var eva = EvaStage.Run(task, plan, adapter, training, seed, progress);
        try
        {
            AdapterInjector.Seat(network, eva?.Plan ?? plan, adapter, eva?.Components, initialization);
            return (plan, adapter, eva);
        }
        catch
        {
            eva?.Dispose();
            throw;
        }
    }

    // A new head has no scale yet; one that was trained before gives labels on their own.
    private static void ScaleHead(FineTuningTask task, bool isTrained)
    {
        if (isTrained && task.LabelScale is { } scale)
            HeadScale.ToScaled(task.Network.Head, scale);
    }

    private static (long Parameters, TrainingPlan Plan, TrainingResult Result) Train(FineTuningTask task, AdapterOptions adapter, AdapterOptions method, TrainingOptions training, int seed, FitProgress progress, int? stopAfter = null)
    {
        var network = task.Network;
        var groups = WeightGroup.Create(network, method, training.HeadLearningRate / training.LearningRate)
            .SelectMany(group => ParameterGroup.DecayingMatrices(group.Weights, training.WeightDecay, group.LearningRateRatio)).ToList();
        var parameters = groups.Sum(group => group.Weights.Sum(weight => weight.Value.numel()));
        if (training.Precision == ComputePrecision.BFloat16 && Devices.MultipliesBFloat16(groups[0].Weights[0].Value.device) == false)
            progress.Warning($"{nameof(TrainingOptions)}.{nameof(TrainingOptions.Precision)} is {training.Precision}, but this processor has no instructions for it (AVX-512 BF16, AMX): {ComputePrecision.Float32} is faster here.");
        progress.Info($"Training {parameters:n0} parameters on {task.Train.RowCount:n0} rows; {network.Adapters.Count()} layers have adapters.");
        var trainingPlan = TrainingPlan.Create(training, task.Train.RowCount, seed);
        using var ofMethod = AdapterTraining.Create(network, method, trainingPlan.Schedule.Steps);
        var tokens = TokensAtOnce(groups[0].Weights[0].Value.device, method, training.Precision);
        var validation = task.Validation is null ? null : new Evaluator(task.Validation, task.Loss, task.CreateMetrics, training.BatchSize, task.CollectsFindings) { Precision = training.Precision, Limit = new RowLimit(training.SplitsBatchesWhenOutOfMemory, "validation", progress.Warning) { Tokens = tokens } };
        using var checkpoints = TrainingCheckpoints.Open(training, RunDescription(task, adapter, training), progress.Warning);
        var trainer = new Trainer(network, groups, task.Loss, trainingPlan, ofMethod) { Limit = new RowLimit(training.SplitsBatchesWhenOutOfMemory, "training", progress.Warning) { Tokens = tokens } };
        return (parameters, trainingPlan, trainer.Train(task.Train, validation, progress, training.CancellationToken, checkpoints, stopAfter));
    }

    // A thousand tokens keep a processor's kernels busy; more at once are slower, since less stays in its caches, and take memory in
    // proportion. 16-bit copies and gradients of whole weights are made in every pass, which should then be longer (docs/performance.md).
    internal static int? TokensAtOnce(Device device, AdapterOptions method, ComputePrecision precision) =>
        device.type != TorchSharp.DeviceType.CPU ? null : method is FullFineTuningOptions || precision != ComputePrecision.Float32 ? 2048 : 1024;

    private static TrainingReport Report(FineTuningTask task, AdapterOptions adapter, AdapterOptions method, IReadOnlyDictionary<string, int> ranks, EvaResult? eva, long parameters, TrainingPlan trained, TrainingResult result)
    {
        var validated = result.Epochs.Select(e => e.Validation).OfType<EvaluationResult>().ToList();
        var best = result.BestEpoch is { } epoch ? result.Epochs[epoch - 1].Validation?.Findings : null;
        return new TrainingReport
        {
            Checkpoint = task.Network.Checkpoint.Name,
            Method = MethodName(method, adapter),
            Rows = task.Train.RowCount,
            TrainableParameters = parameters,
            Ranks = ranks,
            ExplainedVariance = eva?.Layers.ToDictionary(layer => layer.Name, layer => layer.ExplainedVarianceRatio.ToArray()) ?? [],
            EvaBatches = eva?.Batches ?? 0,
            EvaConverged = eva?.HasConverged ?? false,
            EvaTau = adapter.Start is EvaOptions options ? options.Tau : 0,
            EvaSimilarities = eva?.Passes.Select(pass => pass.MeanSimilarity).ToArray() ?? [],
            EvaStableLayers = eva?.Passes.Select(pass => pass.StableLayers).ToArray() ?? [],
            Losses = result.Losses,
            GradientNorms = result.GradientNorms,
            LearningRates = [.. Enumerable.Range(0, result.Steps).Select(step => trained.LearningRate * trained.Schedule.Factor(step))],
            StepsPerEpoch = TrainingPlan.StepsPerEpoch(task.Train.RowCount, trained.BatchSize, trained.GradientAccumulation),
            Confusion = best?.Confusion ?? [],
            HardRows = best?.HardRows ?? [],
            ValidationLosses = [.. validated.Select(v => v.Loss)],
            ValidationMetrics = [.. validated.Select(v => v.Metric)],
            MetricName = task.CreateMetrics()[0].Name,
            FurtherMetrics = validated.Count == 0 ? new Dictionary<string, double[]>() : validated[0].Further.Keys.ToDictionary(name => name, name => validated.Select(v => v.Further[name]).ToArray()),
            BestEpoch = result.BestEpoch ?? result.Epochs.Count,
            IsCancelled = result.IsCancelled,
            SecondsTrain = result.Seconds,
        };
    }

    // All that decides the result and is neither in the training plan nor in the weights' names and shapes.
    private static string RunDescription(FineTuningTask task, AdapterOptions adapter, TrainingOptions training)
    {
        var json = new JsonSerializerOptions { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };
        var components = adapter.Start is { } initialization ? initialization.GetType().Name + JsonSerializer.Serialize(initialization, initialization.GetType(), json) : "";
        var validation = task.Validation is { } rows ? $"{rows.RowCount}-{rows.Fingerprint}" : "";
        // A model fitted before is told by its weights: others may have its name.
        var start = task.Network.Checkpoint is { Trained: not null } fitted && training.CheckpointFolder is not null ? fitted.Fingerprint() : task.Network.Checkpoint.Name;
        return string.Join('\n', start, adapter.GetType().Name, JsonSerializer.Serialize(adapter, adapter.GetType(), json), components, string.Create(CultureInfo.InvariantCulture, $"{training.Dropout:R}{(training.Precision == ComputePrecision.Float32 ? "" : training.Precision)}"), task.Loss.Description, validation);
    }

    // Two names: the method's and its start's, for methods that leave a choice.
    private static string MethodName(AdapterOptions method, AdapterOptions adapter)
    {
        var start = adapter is AdapterFolderOptions ? (object)adapter : method.Start;
        return start is null ? Name(method) : $"{Name(method)}, {Name(start)}";

        static string Name(object options) => options.GetType().Name.Replace("Options", "", StringComparison.Ordinal);
    }
}
