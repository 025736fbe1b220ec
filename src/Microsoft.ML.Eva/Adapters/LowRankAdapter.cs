using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>What LoRA and DoRA share: the factors A and B of s·B·A, for linear layers and convolutions.</summary>
internal abstract class LowRankAdapter : LayerAdapter
{
    private readonly float _scaling;
    private readonly double _dropout;

    /// <summary>Sits down at <paramref name="layer"/> and owns the factors of <paramref name="start"/>.</summary>
    protected LowRankAdapter(AdaptableLayer layer, double scaling, LowRankStart start, double dropout) : base(layer)
    {
        TakenFromWeight = start.Taken;
        A = Weight.Owned($"{layer.Name}.lora_A.weight", start.A.requires_grad_(true));
        B = Weight.Owned($"{layer.Name}.lora_B.weight", OfRank(start.B, A.Value.dim()).requires_grad_(true));
        (Scaling, _dropout) = (scaling, dropout);
        _scaling = (float)scaling;
    }

    /// <summary>[rank, in], or [rank, in, height, width].</summary>
    public Weight A { get; }

    /// <summary>[out, rank], or [out, rank, 1, 1].</summary>
    public Weight B { get; }

    /// <summary>The factor s of B·A.</summary>
    public double Scaling { get; }

    /// <summary>The number of rows of A.</summary>
    public long Rank => A.Value.shape[0];

    /// <summary>The factors of the product s·B₀·A₀ that was taken out of the layer's weight; null if that is whole.</summary>
    public LowRankFactors? TakenFromWeight { get; }

    /// <summary>Whether the layer is a convolution.</summary>
    protected bool IsConvolution => A.Value.dim() == 4;

    /// <summary>Whether dropout has an effect on this pass.</summary>
    protected bool Drops(ForwardMode mode) => mode.Drops(_dropout);

    /// <summary>The adapter's input, with dropout in training.</summary>
    protected Tensor Dropped(Tensor x, ForwardMode mode) => Drops(mode) ? mode.Dropout(x, _dropout) : x;

    /// <summary>Adds s·B·A·x onto <paramref name="output"/> in place; both have rows of features, or channels in the second of four dimensions.</summary>
    protected void AddUpdate(Tensor output, Tensor x, ForwardMode mode)
    {
        if (IsConvolution)
            output.add_(functional.conv2d(Layer.Apply(x, A.Value, mode), B.Value), Scalars.Of(_scaling));
        else
            output.addmm_(functional.linear(x, A.Value), B.Value.t(), 1, _scaling);
    }

    /// <summary>Whether <see cref="LowRankLinear"/> computes the output and its gradients: in training, where all is in one type and the adapter sees the same input as the layer.</summary>
    protected bool HasOwnGradients(Tensor rows, ForwardMode mode) =>
        !IsConvolution && is_grad_enabled() && !Drops(mode) && !Layer.Weight.IsTrainable && Layer.Weight.Value.dtype == A.Value.dtype && rows.dtype == A.Value.dtype;

    /// <summary>What went wrong while gradients were computed, which cannot be thrown from there.</summary>
    internal Exception? BackwardFailure { get; set; }

    /// <summary>Our handles of the gradients that the last backward pass returned; <see cref="EndBackward"/> lets go of those that are left.</summary>
    internal List<Tensor>? LastGradients { get; set; }

    /// <inheritdoc/>
    public override void EndBackward()
    {
        LastGradients?.ForEach(tensor => tensor.Dispose());
        LastGradients = null;
        if (BackwardFailure is { } failure)
            throw new InvalidOperationException($"The gradients of '{Layer.Name}' could not be computed: {failure.Message}", failure);
    }

    /// <summary>W + s·B·A with the outputs first, in float32.</summary>
    internal Tensor UpdatedWeight()
    {
        using var scope = NewDisposeScope();
        var weight = Layer.OutputsFirst(Layer.Weight.Value).to(float32);
        var matrix = weight.reshape(Layer.OutFeatures, -1);
        return matrix.addmm(B.Value.reshape(-1, Rank), A.Value.reshape(Rank, -1), 1, _scaling).reshape(weight.shape).MoveToOuterDisposeScope();
    }

    /// <summary>A weight with the outputs first, in the layout and type of the layer's own. Rounded once, here.</summary>
    protected Tensor InLayout(Tensor outputsFirst)
    {
        using var scope = NewDisposeScope();
        return Layer.OutputsFirst(outputsFirst).to(Layer.Weight.Value.dtype).contiguous().MoveToOuterDisposeScope();
    }

    // Convolutions keep B as a 1×1 kernel.
    private static Tensor OfRank(Tensor b, long dimensions)
    {
        if (b.dim() == dimensions)
            return b;
        using (b)
            return b.reshape(b.shape[0], b.shape[1], 1, 1);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        TakenFromWeight?.Dispose();
    }
}
