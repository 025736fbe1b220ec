using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones;

/// <summary>What a pass through a network is for: evaluation, or training with dropout drawn from an own generator; and in which numbers it multiplies.</summary>
internal sealed class ForwardMode
{
    private readonly Generator? _dropout;

    private static readonly ForwardMode BFloat16Evaluation = new(null, null, ComputePrecision.BFloat16);

    private ForwardMode(Generator? dropout, Action<Tensor>? onHiddenState, ComputePrecision precision) => (_dropout, OnHiddenState, Precision) = (dropout, onHiddenState, precision);

    /// <summary>No dropout, 32 bits.</summary>
    public static ForwardMode Evaluation { get; } = new(null, null, ComputePrecision.Float32);

    /// <summary>No dropout, with products in <paramref name="precision"/>.</summary>
    public static ForwardMode EvaluationIn(ComputePrecision precision) => precision == ComputePrecision.BFloat16 ? BFloat16Evaluation : Evaluation;

    /// <summary>Dropout, drawn from <paramref name="dropout"/>, which lives on the device of the activations.</summary>
    public static ForwardMode Training(Generator dropout, ComputePrecision precision = ComputePrecision.Float32) => new(dropout, null, precision);

    /// <summary>Evaluation that shows the embeddings' output and then every layer's to <paramref name="onHiddenState"/>.</summary>
    public static ForwardMode Observing(Action<Tensor> onHiddenState) => new(null, onHiddenState, ComputePrecision.Float32);

    /// <summary>In which numbers linear layers and convolutions multiply.</summary>
    public ComputePrecision Precision { get; }

    /// <summary>Whether dropout is on.</summary>
    public bool IsTraining => _dropout is not null;

    /// <summary>Receives the hidden states, which it must not keep without cloning them.</summary>
    public Action<Tensor>? OnHiddenState { get; }

    /// <summary>Whether dropout with this rate changes anything now.</summary>
    public bool Drops(double rate) => _dropout is not null && rate > 0;

    /// <summary>Inverted dropout: zeroes a fraction <paramref name="rate"/> of the entries and scales the others by 1/(1−rate). Identity in evaluation.</summary>
    public Tensor Dropout(Tensor x, double rate)
    {
        if (!Drops(rate))
            return x.alias();
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var kept = empty_like(x).bernoulli_(1 - rate, _dropout).div_(Scalars.Of(1 - rate));
        using var grad = enable_grad(true);
        return (x * kept).MoveToOuterDisposeScope();
    }
}
