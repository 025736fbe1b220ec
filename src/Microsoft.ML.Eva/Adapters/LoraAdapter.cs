using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>LoRA: h = W·x + b + s·B·A·x, with A [rank, in] and B [out, rank] trained (arXiv 2106.09685).</summary>
internal sealed class LoraAdapter : LowRankAdapter
{
    private readonly Weight? _updateBias;

    /// <summary>Sits down at <paramref name="layer"/> and owns the factors of <paramref name="start"/> and <paramref name="updateBias"/> [out].</summary>
    public LoraAdapter(AdaptableLayer layer, double scaling, LowRankStart start, double dropout = 0, Tensor? updateBias = null) : base(layer, scaling, start, dropout)
    {
        _updateBias = updateBias is null ? null : Weight.Owned($"{layer.Name}.lora_B.bias", updateBias.requires_grad_(true));
        Weights = _updateBias is null ? [A, B] : [A, B, _updateBias];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Weights { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var rows = IsConvolution ? x : x.reshape(-1, Layer.InFeatures);
        var output = _updateBias is null && HasOwnGradients(rows, mode) ? LowRankLinear.Compute(this, rows, addsBias: true, mode) : BesideWeight(rows, mode);
        return (IsConvolution ? output : output.view([.. x.shape[..^1], Layer.OutFeatures])).MoveToOuterDisposeScope();
    }

    // Three kernels for a linear layer: the base, A, and B's product added onto the base in place.
    private Tensor BesideWeight(Tensor rows, ForwardMode mode)
    {
        var output = Layer.Base(rows, mode);
        if (output.dtype == A.Value.dtype)
        {
            Add(output, Dropped(rows, mode), mode);
            return output;
        }
        var precise = output.to(A.Value.dtype);
        Add(precise, Dropped(rows.to(A.Value.dtype), mode), mode);
        return precise.to(output.dtype);
    }

    private void Add(Tensor output, Tensor rows, ForwardMode mode)
    {
        AddUpdate(output, rows, mode);
        if (_updateBias is not null)
            output.add_(IsConvolution ? _updateBias.Value.view(1, -1, 1, 1) : _updateBias.Value, Scalars.Of((float)Scaling));
    }

    /// <inheritdoc/>
    public override (Tensor Weight, Tensor? Bias) Merge()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var bias = Layer.Bias?.Value.detach().clone();
        if (_updateBias is not null)
        {
            if (bias is null)
                throw new InvalidOperationException($"'{Layer.Name}' has no bias that the update's bias could be merged into.");
            bias = bias.to(float32).add_(_updateBias.Value, Scalars.Of((float)Scaling)).to(bias.dtype);
        }
        return (InLayout(UpdatedWeight()).MoveToOuterDisposeScope(), bias?.MoveToOuterDisposeScope());
    }
}
