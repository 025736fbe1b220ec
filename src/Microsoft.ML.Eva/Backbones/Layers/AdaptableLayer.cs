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
    public Tensor Forward(Tensor x, ForwardMode mode) => Adapter is null ? Base(x, mode) : Adapter.Forward(x, mode);

    /// <summary>
    /// The layer's output for a table of parameters that takes the same way as the activations, as DeBERTa's distances do: through
    /// the adapter, but nothing to learn the data's directions from. A fresh tensor.
    /// </summary>
    public Tensor ForwardTable(Tensor table, ForwardMode mode) => Adapter is null ? Base(table, mode) : Adapter.ForwardTable(table, mode);

    /// <summary>The layer's output without adapter. A fresh tensor of the type of <paramref name="x"/>.</summary>
    public Tensor Base(Tensor x, ForwardMode mode) => Base(x, Bias, mode);

    /// <summary>The layer's output without adapter and bias. A fresh tensor of the type of <paramref name="x"/>.</summary>
    public Tensor BaseWithoutBias(Tensor x, ForwardMode mode) => Base(x, null, mode);

    /// <summary>The output the layer would have with another weight, [out, in] or [out, in, height, width], and no bias. A fresh tensor of the type of <paramref name="x"/>.</summary>
    public Tensor Apply(Tensor x, Tensor weight, ForwardMode mode)
    {
        if (!Rounds(x, mode))
            return Multiply(x, weight, null);
        using var scope = NewDisposeScope();
        return Multiply(x.to(bfloat16), weight.to(bfloat16), null).to(x.dtype).MoveToOuterDisposeScope();
    }

    private Tensor Base(Tensor x, Weight? bias, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        return Rounds(x, mode)
            ? Multiply(x.to(bfloat16), OutputsFirst(Weight.InBFloat16()), bias?.InBFloat16()).to(x.dtype).MoveToOuterDisposeScope()
            : Multiply(x, OutputsFirst(Weight.Value), bias?.Value).MoveToOuterDisposeScope();
    }

    /// <summary>Whether products with <paramref name="x"/> are taken in 16 bits: what has fewer than 32 already stays as it is.</summary>
    public static bool Rounds(Tensor x, ForwardMode mode) => mode.Precision == ComputePrecision.BFloat16 && x.dtype == float32;

    /// <summary>The layer's operation with a weight that has the outputs first, all of one type. A fresh tensor.</summary>
    protected abstract Tensor Multiply(Tensor x, Tensor weight, Tensor? bias);

    /// <summary>A view of the weight, or of a tensor laid out like it, with the outputs in the first dimension; its own inverse.</summary>
    public virtual Tensor OutputsFirst(Tensor weight) => weight.alias();
}
