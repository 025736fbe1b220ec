using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Layers;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Eva;

/// <summary>Sits in a layer's seat, shows the layer's input to an observer and leaves the output as it is.</summary>
internal sealed class ActivationTap(AdaptableLayer layer, Action<Tensor> observe) : LayerAdapter(layer)
{
    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Weights => [];

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, ForwardMode mode)
    {
        observe(x);
        return Layer.Base(x, mode);
    }

    /// <inheritdoc/>
    public override Tensor ForwardTable(Tensor table, ForwardMode mode) => Layer.Base(table, mode);

    /// <inheritdoc/>
    public override (Tensor Weight, Tensor? Bias) Merge() => (Layer.Weight.Value.detach().clone(), Layer.Bias?.Value.detach().clone());
}
