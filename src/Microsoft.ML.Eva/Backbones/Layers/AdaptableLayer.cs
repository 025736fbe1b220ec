using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Layers;

/// <summary>A layer with a weight matrix or kernel and one seat for an adapter. The backbone never knows who sits there.</summary>
internal abstract class AdaptableLayer(Weight weight, Weight? bias)
{
    /// <summary>The module's name in its checkpoint, e.g. <c>encoder.layer.0.attention.self.query</c>.</summary>
    public string Name { get; } = weight.Name[..^".weight".Length];

    /// <summary>The weight in the checkpoint's own layout.</summary>
    public Weight Weight { get; } = weight;

    /// <summary>The bias [out], or null.</summary>
    public Weight? Bias { get; protected set; } = bias;

    /// <summary>Whether the layer is adapted when the options name no layers. The convolution that makes patches of a picture is not.</summary>
    public bool IsAdaptedByDefault { get; init; } = true;

    /// <summary>Who computes this layer's output in place of the layer itself; null: nobody. Not owned.</summary>
    public LayerAdapter? Adapter { get; set; }

    /// <summary>Size of the last dimension (linear) or channels (convolution) of the input.</summary>
    public abstract long InFeatures { get; }

    /// <summary>Size of the last dimension (linear) or channels (convolution) of the output.</summary>
    public abstract long OutFeatures { get; }

    /// <summary>The layer's output, through its adapter if it has one. A fresh tensor.</summary>
    public Tensor Forward(Tensor x, ForwardMode mode) => Adapter is null ? Base(x) : Adapter.Forward(x, mode);

    /// <summary>
    /// The layer's output for a table of parameters that takes the same way as the activations, as DeBERTa's distances do: through
    /// the adapter, but nothing to learn the data's directions from. A fresh tensor.
    /// </summary>
    public Tensor ForwardTable(Tensor table, ForwardMode mode) => Adapter is null ? Base(table) : Adapter.ForwardTable(table, mode);

    /// <summary>The layer's output without adapter. A fresh tensor.</summary>
    public abstract Tensor Base(Tensor x);

    /// <summary>The output the layer would have with another weight, [out, in] or [out, in, height, width], and bias. A fresh tensor.</summary>
    public virtual Tensor Apply(Tensor x, Tensor weight, Tensor? bias) => nn.functional.linear(x, weight, bias);

    /// <summary>A view of the weight, or of a tensor laid out like it, with the outputs in the first dimension; its own inverse.</summary>
    public virtual Tensor OutputsFirst(Tensor weight) => weight.alias();
}
