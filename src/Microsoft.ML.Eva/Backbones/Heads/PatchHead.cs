using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Heads;

/// <summary>
/// A linear layer over the mean of a picture's patches, with the CLS token beside it where <c>withCls</c> says so (DINOv2's own
/// classifier). The tokens before the patches, CLS and registers, stay out of the mean.
/// </summary>
internal sealed class PatchHead : Head
{
    private readonly Linear _classifier;

    /// <summary>A head over tokens of <paramref name="hiddenSize"/>, the first <paramref name="prefixTokens"/> of which are no patches.</summary>
    public PatchHead(HeadBinder binder, long hiddenSize, int prefixTokens, bool withCls)
    {
        (PrefixTokens, WithCls) = (prefixTokens, withCls);
        _classifier = binder.Classifier("classifier", withCls ? 2 * hiddenSize : hiddenSize);
        Weights = [.. binder.Bound];
    }

    /// <summary>Tokens before the patches.</summary>
    public int PrefixTokens { get; }

    /// <summary>Whether CLS stands beside the mean.</summary>
    public bool WithCls { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Weights { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor hidden, Batch batch, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var mean = hidden.narrow(1, PrefixTokens, hidden.shape[1] - PrefixTokens).mean([1]); // [batch, hidden]
        return _classifier.Forward(WithCls ? cat([Pooling.First(hidden), mean], 1) : mean).MoveToOuterDisposeScope();
    }
}
