using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data.Labels;
using Microsoft.ML.Eva.Training;
using Microsoft.ML.Eva.Training.Metrics;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.MLNet.Targets;

/// <summary>A number.</summary>
internal sealed class NumberTarget(EvaLoraOptions options) : Target
{
    /// <inheritdoc/>
    public override LearningTask Task => LearningTask.Regression;

    /// <inheritdoc/>
    public override SchemaShape AddColumns(SchemaShape input, SchemaShape.Column label)
    {
        if (label.Kind != SchemaShape.Column.VectorKind.Scalar || label.IsKey || !NumberReader.Accepts(label.ItemType))
            throw NumberReader.NoNumber("Label column", label.Name, label.GetTypeString());
        return OutputShapes.AddRegression(input, options.ScoreColumnName);
    }

    /// <inheritdoc/>
    public override OutputColumns CreateColumns(DataViewSchema.Column label) => NumberReader.Accepts(label.Type)
        ? new NumberColumns(options.ScoreColumnName)
        : throw NumberReader.NoNumber("Label column", label.Name, label.Type.ToString()!);

    /// <inheritdoc/>
    public override LabelCollector CreateCollector(OutputColumns outputs) => new NumberLabelCollector();

    /// <inheritdoc/>
    public override void FitTakenOverHead(Network network, OutputColumns outputs) => HeadTakeover.RequireNumber(network);

    /// <inheritdoc/>
    public override NumberScale? ChooseScale(Network network, RowLabels training, RowLabels? validation)
    {
        if (!options.StandardizesLabels)
            return null;
        var numbers = (NumberLabels)training;
        numbers.Scale = NumberScale.Of(numbers.Values, mayShift: network.Head.LastLayer.Bias is not null);
        if (validation is NumberLabels others)
            others.Scale = numbers.Scale;
        return numbers.Scale;
    }

    /// <inheritdoc/>
    public override TaskLoss CreateLoss(OutputColumns outputs, RowLabels training, Device device) => new MeanSquaredErrorLoss();

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> CreateMetrics() => [RegressionMetric.Pearson(), RegressionMetric.Spearman()];
}
