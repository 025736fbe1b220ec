using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Eva.Backbones.Vit;

/// <summary>Multi-head self-attention over all tokens of a picture, as ViT and DINOv2 have it: softmax(Q·Kᵀ/√d)·V, projected.</summary>
internal sealed class VitAttention
{
    private readonly AdaptableLinear _query;
    private readonly AdaptableLinear _key;
    private readonly AdaptableLinear _value;
    private readonly AdaptableLinear _output;
    private readonly long _headCount;
    private readonly double _dropout;
    private readonly double _outputDropout;

    /// <summary>Binds the projections of the scope <c>attention</c>.</summary>
    public VitAttention(VisionTransformerConfig config, WeightBinder binder)
    {
        _query = binder.Linear("attention.query", config.HiddenSize, config.HiddenSize, config.HasQueryKeyValueBias);
        _key = binder.Linear("attention.key", config.HiddenSize, config.HiddenSize, config.HasQueryKeyValueBias);
        _value = binder.Linear("attention.value", config.HiddenSize, config.HiddenSize, config.HasQueryKeyValueBias);
        _output = binder.Linear("output.dense", config.HiddenSize, config.HiddenSize);
        (_headCount, _dropout, _outputDropout) = (config.HeadCount, config.AttentionDropout, config.HiddenDropout);
    }

    /// <summary>[batch, tokens, hidden] → the same. A fresh tensor.</summary>
    public Tensor Forward(Tensor x, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var (query, key, value) = (Split(_query.Forward(x, mode)), Split(_key.Forward(x, mode)), Split(_value.Forward(x, mode)));
        var mixed = Attend(query, key, value, mode); // [batch, heads, tokens, headSize]
        var joined = mixed.transpose(1, 2).reshape(x.shape);
        return mode.Dropout(_output.Forward(joined, mode), _outputDropout).MoveToOuterDisposeScope();
    }

    private Tensor Attend(Tensor query, Tensor key, Tensor value, ForwardMode mode)
    {
        // The fused kernel draws its dropout from the process-wide generator, so dropout takes the explicit road.
        if (!mode.Drops(_dropout))
            return functional.scaled_dot_product_attention(query, key, value);
        var scores = query.matmul(key.transpose(-2, -1)).Over(Math.Sqrt(query.shape[^1]));
        return mode.Dropout(scores.softmax(-1), _dropout).matmul(value);
    }

    // [batch, tokens, hidden] → [batch, heads, tokens, headSize]
    private Tensor Split(Tensor x) => x.view(x.shape[0], x.shape[1], _headCount, -1).transpose(1, 2);
}
