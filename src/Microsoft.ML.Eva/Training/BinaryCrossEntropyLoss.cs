using System.Globalization;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Training;

/// <summary>
/// −(w·y·log p + (1 − y)·log(1 − p)) with p = σ(output), the mean over the labels of a row. With label smoothing ε the target y is
/// 1 − ε/2 or ε/2. The loss owns the weights w of the labels that a row has.
/// </summary>
internal sealed class BinaryCrossEntropyLoss(Tensor? positiveWeights = null, double labelSmoothing = 0) : TaskLoss
{
    /// <inheritdoc/>
    public override string Description => string.Create(CultureInfo.InvariantCulture, $"{base.Description} {labelSmoothing:R} [{(positiveWeights is null ? "" : string.Join(" ", positiveWeights.cpu().data<float>()))}]");

    /// <inheritdoc/>
    public override Tensor Compute(Tensor outputs, Batch batch)
    {
        using var scope = NewDisposeScope();
        var targets = labelSmoothing > 0 ? batch.Labels!.Times(1 - labelSmoothing).Plus(labelSmoothing / 2) : batch.Labels!;
        var losses = nn.functional.binary_cross_entropy_with_logits(outputs, targets, reduction: nn.Reduction.None, pos_weights: positiveWeights); // [batch, labels]
        return Mean(losses.mean([1]), batch.RowWeights).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override void Dispose() => positiveWeights?.Dispose();
}
