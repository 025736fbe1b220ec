using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data.Labels;
using Microsoft.ML.Eva.Training;
using Microsoft.ML.Eva.Training.Metrics;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.MLNet.Targets;

/// <summary>One of several classes.</summary>
internal sealed class ClassTarget(EvaLoraOptions options) : Target
{
    /// <inheritdoc/>
    public override LearningTask Task => LearningTask.Classification;

    /// <inheritdoc/>
    public override SchemaShape AddColumns(SchemaShape input, SchemaShape.Column label)
    {
        if (!label.IsKey || label.Kind != SchemaShape.Column.VectorKind.Scalar)
            throw LabelKeys.NoKey(label.Name, label.GetTypeString());
        return OutputShapes.AddClassification(input, label, options.ScoreColumnName, options.PredictionColumnName);
    }

    /// <inheritdoc/>
    public override OutputColumns CreateColumns(DataViewSchema.Column label) => new ClassColumns(options.ScoreColumnName, options.PredictionColumnName, LabelKeys.Read(label));

    /// <inheritdoc/>
    public override LabelCollector CreateCollector(OutputColumns outputs) => new ClassLabelCollector(outputs.Classes!);

    /// <inheritdoc/>
    public override void FitTakenOverHead(Network network, OutputColumns outputs) => HeadTakeover.Apply(network, outputs.Classes!.Names);

    /// <inheritdoc/>
    public override TaskLoss CreateLoss(OutputColumns outputs, RowLabels training, Device device)
    {
        var weights = options.ClassWeights is not { } wanted ? null
            : wanted.Explicit is { } given ? ClassWeights.InOrder(given, outputs.Classes!.Names)
            : ((ClassLabels)training).BalancedWeights(outputs.Count);
        return new CrossEntropyLoss(weights is null ? null : tensor(weights, device: device).DetachFromDisposeScope(), options.LabelSmoothing);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> CreateMetrics() => [ClassificationMetric.Accuracy()];
}
