using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Heads;

/// <summary>From one vector per token to one per row: [batch, tokens, hidden] → [batch, hidden].</summary>
internal static class Pooling
{
    /// <summary>The first token's vector. A view.</summary>
    public static Tensor First(Tensor hidden) => hidden.select(1, 0);

    /// <summary>The mean over the tokens whose <paramref name="mask"/> is 1, over all if it is null. A fresh tensor.</summary>
    public static Tensor Mean(Tensor hidden, Tensor? mask)
    {
        if (mask is null)
            return hidden.mean([1]);
        using var scope = NewDisposeScope();
        var weights = mask.unsqueeze(-1).to_type(hidden.dtype); // [batch, tokens, 1]
        return (hidden * weights).sum(1).div(weights.sum(1).clamp_min(Scalars.Of(1))).MoveToOuterDisposeScope();
    }
}
