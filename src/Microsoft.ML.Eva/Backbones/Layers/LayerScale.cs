using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Layers;

/// <summary>A learned factor per feature, on a residual branch.</summary>
internal sealed class LayerScale(Weight weight)
{
    /// <summary>x·λ. A fresh tensor.</summary>
    public Tensor Forward(Tensor x) => x * weight.Value;
}
