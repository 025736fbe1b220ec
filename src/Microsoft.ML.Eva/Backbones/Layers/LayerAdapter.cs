using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Layers;

/// <summary>What sits in a layer's seat: it answers for the layer's output and, when training is over, for its merged weight.</summary>
internal abstract class LayerAdapter(AdaptableLayer layer) : IDisposable
{
    /// <summary>The layer whose seat this is.</summary>
    public AdaptableLayer Layer { get; } = layer;

    /// <summary>The adapter's parameters under the names they have in a PEFT file, without its prefix and adapter name (<c>encoder.layer.0.attention.self.query.lora_A.weight</c>). Trainable unless the method freezes them.</summary>
    public abstract IReadOnlyList<Weight> Weights { get; }

    /// <summary>The adapted layer's output for <paramref name="x"/>. A fresh tensor.</summary>
    public abstract Tensor Forward(Tensor x, ForwardMode mode);

    /// <summary>The same for what is no activation, see <see cref="AdaptableLayer.ForwardTable"/>. Only observers tell the two apart.</summary>
    public virtual Tensor ForwardTable(Tensor table, ForwardMode mode) => Forward(table, mode);

    /// <summary>The weight, in the checkpoint's layout, and bias with which the layer alone gives the adapted output. Fresh tensors without gradient.</summary>
    public abstract (Tensor Weight, Tensor? Bias) Merge();

    /// <summary>To be called after each backward pass: an adapter that computes its own gradients lets go of what the pass left, and throws what it could not throw within it.</summary>
    /// <exception cref="InvalidOperationException">This adapter's gradients could not be computed.</exception>
    public virtual void EndBackward()
    {
    }

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        foreach (var weight in Weights)
            weight.Dispose();
    }
}
