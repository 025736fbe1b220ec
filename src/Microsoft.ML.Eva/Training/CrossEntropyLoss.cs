using System.Globalization;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Training;

/// <summary>
/// −log p of the true class. With class weights every row counts as its class does; with label smoothing ε the target is
/// 1 − ε on the true class plus ε/classes on every one (as torch combines the two). The loss owns the weights.
/// </summary>
internal sealed class CrossEntropyLoss(Tensor? classWeights = null, double labelSmoothing = 0) : TaskLoss
{
    /// <inheritdoc/>
    public override Tensor Compute(Tensor outputs, Batch batch)
    {
        using var scope = NewDisposeScope();
        var labels = batch.Labels!.unsqueeze(1); // [batch, 1]
        var losses = -outputs.log_softmax(1); // [batch, classes]
        var weighted = classWeights is null ? losses : losses * classWeights;
        var rowLosses = weighted.gather(1, labels).squeeze(1);
        if (labelSmoothing > 0)
            rowLosses = rowLosses.Times(1 - labelSmoothing).Plus(weighted.mean([1]).Times(labelSmoothing));
        return Average(rowLosses, batch).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override double CountOf(Batch batch)
    {
        if (classWeights is null)
            return base.CountOf(batch);
        using var scope = NewDisposeScope();
        var classOfRow = classWeights.index_select(0, batch.Labels!);
        return (batch.RowWeights is null ? classOfRow : classOfRow * batch.RowWeights).sum().to(ScalarType.Float64).item<double>();
    }

    /// <inheritdoc/>
    public override string Description => string.Create(CultureInfo.InvariantCulture, $"{base.Description} {labelSmoothing:R} [{(classWeights is null ? "" : string.Join(" ", classWeights.cpu().data<float>()))}]");

    /// <inheritdoc/>
    public override void Dispose() => classWeights?.Dispose();

    private Tensor Average(Tensor rowLosses, Batch batch)
    {
        if (classWeights is null)
            return Mean(rowLosses, batch.RowWeights);
        var classOfRow = classWeights.index_select(0, batch.Labels!);
        var (total, count) = batch.RowWeights is null
            ? (rowLosses.sum(), classOfRow.sum())
            : ((rowLosses * batch.RowWeights).sum(), (classOfRow * batch.RowWeights).sum());
        return total / count.clamp_min(Scalars.Of(1e-12));
    }
}
