using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Data.Labels;
using Microsoft.ML.Eva.MLNet;
using Microsoft.ML.Eva.Scoring;
using Microsoft.ML.Eva.Training;
using Microsoft.ML.Eva.Training.Metrics;

namespace Microsoft.ML.Eva.Fitting;

/// <summary>What a fit has read before it trains: the same for one training and for all trials of a sweep. Owns the loss.</summary>
/// <param name="Input">How rows become batches.</param>
/// <param name="Rows">The training rows, with what was left out.</param>
/// <param name="Train">The rows to train on.</param>
/// <param name="Validation">The rows to validate on, if there are any.</param>
/// <param name="Loss">What training makes small.</param>
internal sealed record FitData(ModelInput Input, LabeledRows Rows, IBatchSource Train, ValidationRows? Validation, TaskLoss Loss) : IDisposable
{
    /// <summary>What is measured on the validation rows: the first decides what is best.</summary>
    public required Func<IReadOnlyList<Metric>> CreateMetrics { get; init; }

    /// <summary>The scale on which the rows' numbers are given, if they are numbers.</summary>
    public NumberScale? LabelScale { get; init; }

    /// <summary>Whether networks begin with a head that was trained before.</summary>
    public bool HasTrainedHead { get; init; }

    /// <summary>See <see cref="FineTuningTask.CollectsFindings"/>.</summary>
    public bool CollectsFindings { get; init; }

    /// <summary>See <see cref="FineTuningTask.Whitening"/>.</summary>
    public EvaWhitening Whitening { get; init; }

    /// <summary>See <see cref="FineTuningTask.MergesAdapter"/>.</summary>
    public bool MergesAdapter { get; init; } = true;

    /// <summary>Seconds that loading the checkpoint and reading the rows took.</summary>
    public double SecondsLoad { get; init; }

    /// <summary>What a network is to learn from these rows.</summary>
    public FineTuningTask CreateTask(Network network) => new()
    {
        Network = network,
        Train = Train,
        Validation = Validation?.Source,
        Loss = Loss,
        CreateMetrics = CreateMetrics,
        LabelScale = LabelScale,
        HasTrainedHead = HasTrainedHead,
        CollectsFindings = CollectsFindings,
        Whitening = Whitening,
        MergesAdapter = MergesAdapter,
    };

    /// <inheritdoc/>
    public void Dispose() => Loss.Dispose();
}
