using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Eva.Backbones.Layers;

/// <summary>Scaled dot-product attention: softmax(q·kᵀ/√headSize + bias)·v.</summary>
internal static class Attention
{
    /// <summary>[batch, tokens, heads·headSize] → [batch, heads, tokens, headSize]. A view in its own right.</summary>
    public static Tensor SplitHeads(Tensor x, int headCount)
    {
        using var split = x.view(x.shape[0], x.shape[1], headCount, -1);
        return split.transpose(1, 2);
    }

    /// <summary>[batch, heads, tokens, headSize] → [batch, tokens, heads·headSize]. A fresh tensor.</summary>
    public static Tensor JoinHeads(Tensor x)
    {
        using var transposed = x.transpose(1, 2);
        return transposed.flatten(2);
    }

    /// <summary>
    /// The attended values [batch, heads, tokens, headSize]. <paramref name="bias"/> broadcasts to [batch, heads, tokens, tokens].
    /// The fused kernel draws its dropout from torch's process-wide generator, so with dropout the steps are taken one by one.
    /// A fresh tensor.
    /// </summary>
    public static Tensor Attend(Tensor query, Tensor key, Tensor value, Tensor? bias, double dropout, ForwardMode mode, bool isCausal = false)
    {
        if (!mode.Drops(dropout))
            return functional.scaled_dot_product_attention(query, key, value, bias, 0, isCausal);
        using var scope = NewDisposeScope();
        var scores = query.div(Scalars.Of(Math.Sqrt(query.shape[^1]))).matmul(key.transpose(-2, -1));
        if (isCausal)
            scores = scores.Plus(AttentionMask.OfFuture(query.shape[^2], query));
        if (bias is not null)
            scores = scores.Plus(bias);
        return mode.Dropout(functional.softmax(scores, -1), dropout).matmul(value).MoveToOuterDisposeScope();
    }
}
