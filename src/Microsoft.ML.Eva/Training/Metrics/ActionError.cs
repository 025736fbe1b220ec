using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Training.Metrics;

/// <summary>The mean squared error over every number of every action that is known; labels are NaN elsewhere.</summary>
internal sealed class ActionError : Metric
{
    private double _sum;
    private long _count;

    /// <inheritdoc/>
    public override string Name => "ActionError";

    /// <inheritdoc/>
    public override double Value => _count == 0 ? double.NaN : _sum / _count;

    /// <inheritdoc/>
    public override bool IsHigherBetter => false;

    /// <inheritdoc/>
    public override void Add(Tensor outputs, Tensor labels)
    {
        using var scope = NewDisposeScope();
        var isKnown = labels.isnan().logical_not();
        _sum += (outputs.detach() - labels).masked_select(isKnown).to(float64).pow(Scalars.Of(2)).sum().item<double>();
        _count += isKnown.sum().item<long>();
    }
}
