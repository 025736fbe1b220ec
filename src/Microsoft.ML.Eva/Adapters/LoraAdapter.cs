using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>LoRA: h = W·x + b + s·B·A·x, with A [rank, in] and B [out, rank] trained (arXiv 2106.09685).</summary>
internal sealed class LoraAdapter : LayerAdapter
{
    private readonly Weight _a;
    private readonly Weight _b;
    private readonly float _scaling;

    /// <summary>Sits down at <paramref name="layer"/> and owns the factors of <paramref name="start"/>.</summary>
    public LoraAdapter(AdaptableLayer layer, double scaling, LowRankStart start) : base(layer)
    {
        _a = Weight.Owned($"{layer.Name}.lora_A.weight", start.A.requires_grad_(true));
        _b = Weight.Owned($"{layer.Name}.lora_B.weight", start.B.requires_grad_(true));
        _scaling = (float)scaling;
        Weights = [_a, _b];
    }

    /// <summary>The factor s of B·A.</summary>
    public double Scaling => _scaling;

    /// <summary>The number of rows of A.</summary>
    public long Rank => _a.Value.shape[0];

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Weights { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, ForwardMode mode)
    {
        // Three kernels: the base, A, and B's product added onto the base in place.
        using var scope = NewDisposeScope();
        var rows = x.reshape(-1, Layer.InFeatures);
        var output = Layer.Base(rows);
        output.addmm_(functional.linear(rows, _a.Value), _b.Value.t(), 1, _scaling);
        return output.view([.. x.shape[..^1], Layer.OutFeatures]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override (Tensor Weight, Tensor? Bias) Merge()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var weight = Layer.Weight.Value;
        var update = _b.Value.mm(_a.Value).mul_(_scaling);
        if (Layer is AdaptableLinear { IsTransposed: true })
            update = update.t();
        // Half precisions are added in float32 and rounded once.
        var merged = (weight.to(update.dtype) + update).to(weight.dtype).contiguous();
        return (merged.MoveToOuterDisposeScope(), Layer.Bias?.Value.detach().clone().MoveToOuterDisposeScope());
    }
}
