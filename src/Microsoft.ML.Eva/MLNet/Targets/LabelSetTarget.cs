using Microsoft.ML.Data;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data.Labels;
using Microsoft.ML.Eva.Training;
using Microsoft.ML.Eva.Training.Metrics;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.MLNet.Targets;

/// <summary>Any of several labels at once.</summary>
internal sealed class LabelSetTarget(EvaLoraOptions options) : Target
{
    private const double StandardThreshold = 0.5;

    private float Threshold => (float)(options.Threshold ?? StandardThreshold);

    /// <inheritdoc/>
    public override LearningTask Task => LearningTask.MultiLabel;

    /// <inheritdoc/>
    public override SchemaShape AddColumns(SchemaShape input, SchemaShape.Column label)
    {
        if (label.Kind != SchemaShape.Column.VectorKind.Vector || label.IsKey || label.ItemType != BooleanDataViewType.Instance)
            throw LabelSlots.NoVector(label.Name, label.GetTypeString());
        return OutputShapes.AddLabelSet(input, options.ScoreColumnName, options.PredictionColumnName);
    }

    /// <inheritdoc/>
    public override OutputColumns CreateColumns(DataViewSchema.Column label) =>
        new LabelSetColumns(options.ScoreColumnName, options.PredictionColumnName, LabelKeys.OfTexts(LabelSlots.Names(label)), options.Threshold ?? StandardThreshold);

    /// <inheritdoc/>
    public override LabelCollector CreateCollector(OutputColumns outputs) => new LabelSetCollector(outputs.Classes!);

    /// <inheritdoc/>
    public override void FitTakenOverHead(Network network, OutputColumns outputs) => HeadTakeover.Apply(network, outputs.Classes!.Names);

    /// <inheritdoc/>
    public override TaskLoss CreateLoss(OutputColumns outputs, RowLabels training, Device device)
    {
        var weights = options.ClassWeights is not { } wanted ? null
            : wanted.Explicit is { } given ? ClassWeights.InOrder(given, outputs.Classes!.Names)
            : ((LabelSets)training).BalancedWeights();
        return new BinaryCrossEntropyLoss(weights is null ? null : tensor(weights, device: device).DetachFromDisposeScope(), options.LabelSmoothing);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> CreateMetrics() => [LabelSetMetric.F1Micro(Threshold), LabelSetMetric.F1Macro(Threshold), LabelSetMetric.MeanAveragePrecision()];
}
