using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Layers;

/// <summary>Multi-head self-attention with a projection each for query, key and value; the output projection is its user's.</summary>
internal sealed class SelfAttention(AdaptableLinear query, AdaptableLinear key, AdaptableLinear value, int headCount, double dropout)
{
    /// <summary>[batch, tokens, hidden] → the heads' results side by side, of the same shape. <paramref name="bias"/> is added to the scores. A fresh tensor.</summary>
    public Tensor Forward(Tensor x, Tensor? bias, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        // All three get the same tensor object: EVA knows shared inputs by it.
        var q = Attention.SplitHeads(query.Forward(x, mode), headCount); // [batch, heads, tokens, headSize]
        var k = Attention.SplitHeads(key.Forward(x, mode), headCount);
        var v = Attention.SplitHeads(value.Forward(x, mode), headCount);
        return Attention.JoinHeads(Attention.Attend(q, k, v, bias, dropout, mode)).MoveToOuterDisposeScope();
    }
}
