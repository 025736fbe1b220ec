using Microsoft.ML.Eva.Backbones.Layers;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Bert;

/// <summary>The layers of BERT, which RoBERTa, XLM-R and ELECTRA share down to the names.</summary>
internal sealed class BertEncoder(BertConfig config, WeightBinder binder)
{
    private readonly EncoderLayer[] _layers = [.. Enumerable.Range(0, config.LayerCount).Select(i => Layer(config, binder.Scope($"encoder.layer.{i}")))];

    /// <summary>
    /// From the embeddings [batch, tokens, hidden], which it disposes, to the last hidden state. <paramref name="mask"/> is added
    /// to the attention scores. A fresh tensor.
    /// </summary>
    public Tensor Forward(Tensor embeddings, Tensor? mask, ForwardMode mode)
    {
        var hidden = embeddings;
        mode.OnHiddenState?.Invoke(hidden);
        foreach (var layer in _layers)
        {
            using var input = hidden;
            hidden = layer.Forward(input, mask, mode);
            mode.OnHiddenState?.Invoke(hidden);
        }
        return hidden;
    }

    private static EncoderLayer Layer(BertConfig config, WeightBinder binder) => new(
        new SelfAttention(
            binder.Linear("attention.self.query", config.HiddenSize, config.HiddenSize),
            binder.Linear("attention.self.key", config.HiddenSize, config.HiddenSize),
            binder.Linear("attention.self.value", config.HiddenSize, config.HiddenSize),
            config.HeadCount, config.AttentionDropout),
        new PostNormBlock(binder, config.BlockShape));
}
