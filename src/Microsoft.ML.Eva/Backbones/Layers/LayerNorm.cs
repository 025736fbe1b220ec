using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Eva.Backbones.Layers;

/// <summary>Layer normalisation over the last dimension: (x − mean)/√(var + ε)·w + b.</summary>
internal sealed class LayerNorm(Weight weight, Weight? bias, double epsilon)
{
    /// <summary>The normalised input. A fresh tensor.</summary>
    public Tensor Forward(Tensor x) => functional.layer_norm(x, weight.Value.shape, weight.Value, bias?.Value, epsilon);
}
