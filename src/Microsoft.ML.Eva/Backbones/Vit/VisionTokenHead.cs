using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Eva.Backbones.Vit;

/// <summary>Which of a picture's tokens the classifier sees.</summary>
internal enum TokenPooling
{
    /// <summary>CLS (ViT's own classifier).</summary>
    Cls,

    /// <summary>The mean of the patches.</summary>
    PatchMean,

    /// <summary>CLS and the mean of the patches, side by side (DINOv2's own classifier).</summary>
    ClsAndPatchMean,
}

/// <summary>A linear layer over pooled tokens. The first <paramref name="prefixTokens"/> are CLS and registers, not patches.</summary>
internal sealed class VisionTokenHead(Weight weight, Weight bias, TokenPooling pooling, int prefixTokens) : Head
{
    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Weights { get; } = [weight, bias];

    /// <inheritdoc/>
    public override Tensor Forward(Tensor hidden, Batch batch, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        return functional.linear(Pool(hidden), weight.Value, bias.Value).MoveToOuterDisposeScope();
    }

    /// <summary>Number of features that <paramref name="pooling"/> gives for tokens of that width.</summary>
    public static long FeatureCount(TokenPooling pooling, long hiddenSize) => pooling == TokenPooling.ClsAndPatchMean ? 2 * hiddenSize : hiddenSize;

    // [batch, tokens, hidden] → [batch, features]
    private Tensor Pool(Tensor hidden)
    {
        var cls = hidden.select(1, 0);
        if (pooling == TokenPooling.Cls)
            return cls;
        var mean = hidden.narrow(1, prefixTokens, hidden.shape[1] - prefixTokens).mean([1]);
        return pooling == TokenPooling.PatchMean ? mean : cat([cls, mean], 1);
    }
}
