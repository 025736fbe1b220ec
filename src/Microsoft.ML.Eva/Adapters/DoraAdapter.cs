using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>
/// DoRA: h = g⊙((W + s·B·A)·x) + b with g = m / ‖W + s·B·A‖ by row. The magnitudes m are trained; the norms follow A and B but
/// no gradient flows through them (arXiv 2402.09353, section 4.3).
/// </summary>
internal sealed class DoraAdapter : LowRankAdapter
{
    private readonly Weight _magnitude;

    /// <summary>Sits down at <paramref name="layer"/> and owns the factors of <paramref name="start"/>; the magnitudes start as the rows' norms unless given.</summary>
    public DoraAdapter(AdaptableLayer layer, double scaling, LowRankStart start, double dropout = 0, Tensor? magnitude = null) : base(layer, scaling, start, dropout)
    {
        using var scope = NewDisposeScope();
        // PEFT's shape for convolutions is [1, out, 1, 1].
        var first = magnitude ?? (IsConvolution ? Norms(UpdatedWeight()).view(1, -1, 1, 1) : Norms(UpdatedWeight()));
        _magnitude = Weight.Owned($"{layer.Name}.lora_magnitude_vector", first.detach().clone().requires_grad_(true));
        Weights = [A, B, _magnitude];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Weights { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var rows = IsConvolution ? x : x.reshape(-1, Layer.InFeatures);
        Tensor weight;
        using (no_grad())
            weight = UpdatedWeight();
        var gain = IsConvolution ? Gain(weight).view(1, -1, 1, 1) : Gain(weight);
        var output = Drops(mode) ? WithDropout(rows, gain, mode)
            : HasOwnGradients(rows, mode) ? Scaled(LowRankLinear.Compute(this, rows, addsBias: false, mode, weight), gain)
            : WithoutDropout(rows, gain, mode);
        return (IsConvolution ? output : output.view([.. x.shape[..^1], Layer.OutFeatures])).MoveToOuterDisposeScope();
    }

    private Tensor WithoutDropout(Tensor x, Tensor gain, ForwardMode mode)
    {
        var plain = Layer.BaseWithoutBias(x, mode);
        var output = plain.to(A.Value.dtype);
        AddUpdate(output, x.to(A.Value.dtype), mode);
        return Scaled(output, gain).to(plain.dtype);
    }

    private Tensor Scaled(Tensor output, Tensor gain) =>
        Layer.Bias is null ? output * gain : addcmul(Broadcast(Layer.Bias.Value).to(A.Value.dtype), output, gain, Scalars.One);

    // PEFT's form: only what the adapter adds to the layer's own output sees dropout.
    private Tensor WithDropout(Tensor x, Tensor gain, ForwardMode mode)
    {
        var whole = Layer.Base(x, mode);
        var dropped = Dropped(x, mode);
        var update = gain.Minus(1) * Layer.BaseWithoutBias(dropped, mode).to(A.Value.dtype);
        var lowRank = zeros_like(update);
        AddUpdate(lowRank, dropped.to(A.Value.dtype), mode);
        return addcmul(whole.to(A.Value.dtype).Plus(update), lowRank, gain, Scalars.One).to(whole.dtype);
    }

    private Tensor Broadcast(Tensor bias) => IsConvolution ? bias.view(1, -1, 1, 1) : bias;

    // A row of norm 0 has no direction: its output is 0 whatever its gain. A gain of 1 + m instead of 0/0 keeps it learning.
    private Tensor Gain(Tensor updatedWeight)
    {
        Tensor norms, zeroRows;
        using (no_grad())
        {
            norms = Norms(updatedWeight);
            zeroRows = norms.eq(Scalars.Of(0)).to(norms.dtype);
            norms.add_(zeroRows, Scalars.One);
        }
        return _magnitude.Value.view(-1).Plus(zeroRows) / norms;
    }

    private static Tensor Norms(Tensor weight)
    {
        using var frozen = no_grad();
        return weight.reshape(weight.shape[0], -1).norm(1, false, 2);
    }

    /// <inheritdoc/>
    public override (Tensor Weight, Tensor? Bias) Merge()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var weight = UpdatedWeight();
        var merged = weight * Gain(weight).view([-1, .. Enumerable.Repeat(1L, (int)weight.dim() - 1)]);
        return (InLayout(merged).MoveToOuterDisposeScope(), Layer.Bias?.Value.detach().clone().MoveToOuterDisposeScope());
    }
}
