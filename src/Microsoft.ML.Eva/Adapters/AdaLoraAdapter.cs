using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>AdaLoRA: h = W·x + b + s·B·diag(E)·A·x. Entries of E that are masked to 0 take their triplet out (arXiv 2303.10512).</summary>
internal sealed class AdaLoraAdapter : LayerAdapter
{
    private readonly double _dropout;

    /// <summary>Sits down at <paramref name="layer"/> and owns the factors and <paramref name="e"/> [rank, 1].</summary>
    public AdaLoraAdapter(AdaptableLayer layer, double alpha, int initialRank, LowRankStart start, Tensor e, double dropout = 0) : base(layer)
    {
        A = Weight.Owned($"{layer.Name}.lora_A", start.A.requires_grad_(true));
        B = Weight.Owned($"{layer.Name}.lora_B", start.B.requires_grad_(true));
        E = Weight.Owned($"{layer.Name}.lora_E", e.requires_grad_(true));
        Scaling = (float)(alpha / (initialRank + 1e-5)); // PEFT's guard against rank 0, kept for equal numbers
        _dropout = dropout;
        Weights = [A, B, E];
    }

    /// <summary>[rank, in].</summary>
    public Weight A { get; }

    /// <summary>[out, rank].</summary>
    public Weight B { get; }

    /// <summary>The triplets' singular values [rank, 1].</summary>
    public Weight E { get; }

    /// <summary>The factor of B·diag(E)·A.</summary>
    public float Scaling { get; }

    /// <summary>Which triplets are left after the last pruning; null while all are.</summary>
    public IReadOnlyList<bool>? Kept { get; set; }

    /// <summary>
    /// Which triplets the update consists of: those that are left, and those whose singular value is not 0. When an earlier epoch's
    /// weights were the best, they may have triplets that were pruned only later.
    /// </summary>
    public bool[] TripletsInUse()
    {
        using var scope = NewDisposeScope();
        var isNonzero = E.Value.detach().ne(Scalars.Of(0)).flatten().cpu().data<bool>().ToArray();
        return [.. isNonzero.Select((nonzero, place) => nonzero || (Kept?[place] ?? true))];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Weights { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var rows = x.reshape(-1, Layer.InFeatures);
        var output = Layer.Base(rows, mode);
        var precise = output.to(A.Value.dtype);
        var input = rows.to(A.Value.dtype);
        if (mode.Drops(_dropout))
            input = mode.Dropout(input, _dropout);
        precise.addmm_(functional.linear(input, A.Value * E.Value), B.Value.t(), 1, Scaling);
        return precise.to(output.dtype).view([.. x.shape[..^1], Layer.OutFeatures]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override (Tensor Weight, Tensor? Bias) Merge()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var weight = Layer.Weight.Value;
        var merged = Layer.OutputsFirst(weight).to(float32).addmm(B.Value, A.Value * E.Value, 1, Scaling);
        return (Layer.OutputsFirst(merged).to(weight.dtype).contiguous().MoveToOuterDisposeScope(), Layer.Bias?.Value.detach().clone().MoveToOuterDisposeScope());
    }
}
