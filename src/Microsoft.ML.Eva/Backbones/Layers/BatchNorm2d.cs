using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Eva.Backbones.Layers;

/// <summary>
/// Batch normalisation with the statistics of pretraining: (x − mean)/√(var + ε)·w + b per channel. It never looks at the batch,
/// so a row's output does not depend on its neighbours, and a few hundred pictures cannot spoil the statistics of a million.
/// </summary>
internal sealed class BatchNorm2d(Weight weight, Weight bias, Weight mean, Weight variance, double epsilon)
{
    /// <summary>Scale w and shift b, which training may change.</summary>
    public IReadOnlyList<Weight> Weights { get; } = [weight, bias];

    /// <summary>The running mean and variance.</summary>
    public IReadOnlyList<Weight> Constants { get; } = [mean, variance];

    /// <summary>Lets the layer before do all of this layer's work from now on; this one lets go of what was its own.</summary>
    public void FoldInto(AdaptableConv2d convolution)
    {
        using (no_grad())
        using (NewDisposeScope())
        {
            var scale = weight.Value * variance.Value.Plus(epsilon).rsqrt();
            convolution.ScaleOutputs(scale, bias.Value - mean.Value * scale);
        }
        foreach (var own in Weights.Concat(Constants))
            own.Dispose();
    }

    /// <summary>[batch, channels, rows, columns], normalised. A fresh tensor.</summary>
    public Tensor Forward(Tensor x) =>
        functional.batch_norm(x, mean.Value, variance.Value, weight.Value, bias.Value, training: false, momentum: 0, eps: epsilon);
}
