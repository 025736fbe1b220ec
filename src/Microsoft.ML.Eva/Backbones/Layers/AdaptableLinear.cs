using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Eva.Backbones.Layers;

/// <summary>
/// y = W·x + b. The weight is [out, in] as in torch's Linear, or [in, out] where <paramref name="isTransposed"/> says so
/// (GPT-2's Conv1D).
/// </summary>
internal sealed class AdaptableLinear(Weight weight, Weight? bias, bool isTransposed = false) : AdaptableLayer(weight, bias)
{
    /// <summary>Whether the checkpoint keeps the weight as [in, out].</summary>
    public bool IsTransposed { get; } = isTransposed;

    /// <inheritdoc/>
    public override long InFeatures => Weight.Value.shape[IsTransposed ? 0 : 1];

    /// <inheritdoc/>
    public override long OutFeatures => Weight.Value.shape[IsTransposed ? 1 : 0];

    /// <inheritdoc/>
    public override Tensor OutputsFirst(Tensor weight) => IsTransposed ? weight.t() : weight.alias();

    /// <summary>What <paramref name="gradient"/> [rows, out] of the layer's own output means for its input: gradient·W [rows, in]. A fresh tensor.</summary>
    public Tensor GradientOfInput(Tensor gradient, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        return Rounds(gradient, mode)
            ? gradient.to(bfloat16).matmul(OutputsFirst(Weight.InBFloat16())).to(gradient.dtype).MoveToOuterDisposeScope()
            : gradient.matmul(OutputsFirst(Weight.Value)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override Tensor Multiply(Tensor x, Tensor weight, Tensor? bias) => functional.linear(x, weight, bias);
}
