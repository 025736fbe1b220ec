using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Layers;

/// <summary>One layer of a post-norm encoder (BERT, RoBERTa, XLM-R, ELECTRA, DistilBERT, MPNet): self-attention, then <see cref="PostNormBlock"/>.</summary>
internal sealed class EncoderLayer(SelfAttention attention, PostNormBlock block)
{
    /// <summary>[batch, tokens, hidden] → the same. <paramref name="bias"/> is added to the attention scores. A fresh tensor.</summary>
    public Tensor Forward(Tensor x, Tensor? bias, ForwardMode mode)
    {
        using var context = attention.Forward(x, bias, mode);
        return block.Forward(x, context, mode);
    }
}
