using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Training;

/// <summary>(â − a)², the mean over every number of every action that is known: labels [batch, steps, action], NaN where there is only padding.</summary>
internal sealed class ActionLoss : TaskLoss
{
    /// <inheritdoc/>
    public override Tensor Compute(Tensor outputs, Batch batch)
    {
        using var scope = NewDisposeScope();
        var labels = batch.Labels!;
        var isKnown = labels.isnan().logical_not();
        // The padding's labels become the outputs themselves: their difference is 0 and so is its gradient, where 0·NaN would be NaN.
        var errors = (outputs - labels.where(isKnown, outputs.detach())).pow(Scalars.Of(2));
        return (errors.sum() / isKnown.sum().clamp_min(Scalars.Of(1))).MoveToOuterDisposeScope();
    }

    /// <summary>The number of known numbers.</summary>
    public override double CountOf(Batch batch)
    {
        using var scope = NewDisposeScope();
        return batch.Labels!.isnan().logical_not().sum().to(ScalarType.Float64).item<double>();
    }
}
