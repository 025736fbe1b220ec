using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Training;

/// <summary>(ŷ − y)², for one number per row.</summary>
internal sealed class MeanSquaredErrorLoss : TaskLoss
{
    /// <inheritdoc/>
    public override Tensor Compute(Tensor outputs, Batch batch)
    {
        using var scope = NewDisposeScope();
        return Mean((outputs.squeeze(-1) - batch.Labels!).pow(Scalars.Of(2)), batch.RowWeights).MoveToOuterDisposeScope();
    }
}
