using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Eva.Backbones.Resnet;

/// <summary>A linear layer over the mean of all places, [batch, channels, rows, columns] → [batch, outputs].</summary>
internal sealed class ResnetHead(Weight weight, Weight bias) : Head
{
    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Weights { get; } = [weight, bias];

    /// <inheritdoc/>
    public override Tensor Forward(Tensor hidden, Batch batch, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        return functional.linear(Pool(hidden), weight.Value, bias.Value).MoveToOuterDisposeScope();
    }

    /// <summary>[batch, channels, rows, columns] → [batch, channels]. A fresh tensor.</summary>
    public static Tensor Pool(Tensor hidden) => hidden.mean([2, 3]);
}
