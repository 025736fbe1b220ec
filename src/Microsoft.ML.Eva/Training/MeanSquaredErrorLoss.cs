using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Training;

/// <summary>(ŷ − y)², for one number per row.</summary>
internal sealed class MeanSquaredErrorLoss : TaskLoss
{
    /// <inheritdoc/>
    public override Tensor Compute(Tensor outputs, Batch batch)
    {
        using var scope = NewDisposeScope();
        return Mean((outputs.squeeze(-1) - batch.Labels!).square(), batch.RowWeights).MoveToOuterDisposeScope();
    }
}
