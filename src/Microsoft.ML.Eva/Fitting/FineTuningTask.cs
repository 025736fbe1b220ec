using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Data.Labels;
using Microsoft.ML.Eva.Eva;
using Microsoft.ML.Eva.Training;
using Microsoft.ML.Eva.Training.Metrics;

namespace Microsoft.ML.Eva.Fitting;

/// <summary>What is to be learned, from which rows, starting from which checkpoint.</summary>
internal sealed record FineTuningTask
{
    /// <summary>The network with its new head. The caller owns it.</summary>
    public required Network Network { get; init; }

    /// <summary>The rows to learn from.</summary>
    public required IBatchSource Train { get; init; }

    /// <summary>The rows to find the best epoch with; null: the last epoch is kept.</summary>
    public IBatchSource? Validation { get; init; }

    /// <summary>What training makes small.</summary>
    public required TaskLoss Loss { get; init; }

    /// <summary>What is measured on the validation rows: the first decides which epoch is best, the others are told.</summary>
    public required Func<IReadOnlyList<Metric>> CreateMetrics { get; init; }

    /// <summary>Whether the rows are of classes, so that the validation can find out which are confused and which rows are hard.</summary>
    public bool CollectsFindings { get; init; }

    /// <summary>Whether the adapters go into the weights when training is over; otherwise they stay beside them, see <see cref="EvaLoraOptions.MergesAdapter"/>.</summary>
    public bool MergesAdapter { get; init; } = true;

    /// <summary>The scale on which the rows' numbers are given; null: their own. What is learned gives numbers on the labels' own scale.</summary>
    public NumberScale? LabelScale { get; init; }

    /// <summary>Whether the network's head has been trained before, on the labels' own scale.</summary>
    public bool HasTrainedHead { get; init; }

    /// <summary>How EVA scales A where its options leave that open.</summary>
    public EvaWhitening Whitening { get; init; }

    /// <summary>EVA's findings for these rows, made beforehand for this adapter and others; null: the run makes its own. The caller's to dispose.</summary>
    public EvaFindings? Findings { get; init; }
}
