using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Eva.Backbones.Layers;

/// <summary>y = W·x + b without a seat for an adapter: a head's layer, trained in full.</summary>
internal sealed class Linear(Weight weight, Weight? bias)
{
    /// <summary>The weight [out, in].</summary>
    public Weight Weight { get; } = weight;

    /// <summary>The bias [out], or null.</summary>
    public Weight? Bias { get; } = bias;

    /// <summary>[..., in] → [..., out]. A fresh tensor.</summary>
    public Tensor Forward(Tensor x) => functional.linear(x, Weight.Value, Bias?.Value);
}
