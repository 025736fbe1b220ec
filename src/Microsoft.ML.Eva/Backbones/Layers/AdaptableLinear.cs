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
    public override Tensor Base(Tensor x)
    {
        if (!IsTransposed)
            return functional.linear(x, Weight.Value, Bias?.Value);
        using var weight = Weight.Value.t();
        return functional.linear(x, weight, Bias?.Value);
    }

    /// <inheritdoc/>
    public override Tensor OutputsFirst(Tensor weight) => IsTransposed ? weight.t() : weight.alias();
}
