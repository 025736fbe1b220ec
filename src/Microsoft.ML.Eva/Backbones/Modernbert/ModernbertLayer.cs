using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Modernbert;

/// <summary>What the global or the local layers of one pass share. A null bias hides nothing.</summary>
internal sealed record AttentionView(Tensor? Bias, RotaryPositions Positions);

/// <summary>
/// One layer of ModernBERT, normalised before each part: x + Wo·attention(norm(x)), then x + Wo·(activation(a)⊙g) with
/// [a, g] = Wi·norm(x). The first layer does without the first norm, since the embeddings are normalised already.
/// </summary>
internal sealed class ModernbertLayer(WeightBinder binder, ModernbertConfig config, bool isFirst)
{
    private readonly LayerNorm? _attentionNorm = isFirst ? null : binder.LayerNorm("attn_norm", config.HiddenSize, config.NormEpsilon, config.NormBias);
    private readonly AdaptableLinear _queryKeyValue = binder.Linear("attn.Wqkv", config.HiddenSize, 3L * config.HiddenSize, config.AttentionBias);
    private readonly AdaptableLinear _attentionOutput = binder.Linear("attn.Wo", config.HiddenSize, config.HiddenSize, config.AttentionBias);
    private readonly LayerNorm _innerNorm = binder.LayerNorm("mlp_norm", config.HiddenSize, config.NormEpsilon, config.NormBias);
    private readonly AdaptableLinear _inner = binder.Linear("mlp.Wi", config.HiddenSize, 2L * config.InnerSize, config.InnerBias);
    private readonly AdaptableLinear _output = binder.Linear("mlp.Wo", config.InnerSize, config.HiddenSize, config.InnerBias);

    /// <summary>[batch, tokens, hidden] → the same. A fresh tensor.</summary>
    public Tensor Forward(Tensor x, AttentionView view, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var attended = x.Plus(Attend(_attentionNorm?.Forward(x) ?? x, view, mode));
        return attended.Plus(Feed(_innerNorm.Forward(attended), mode)).MoveToOuterDisposeScope();
    }

    private Tensor Attend(Tensor x, AttentionView view, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var projected = _queryKeyValue.Forward(x, mode).chunk(3, -1);
        var heads = projected.Select(part => Attention.SplitHeads(part, config.HeadCount)).ToArray(); // [batch, heads, tokens, headSize]
        var context = Attention.Attend(
            view.Positions.Turn(heads[0]), view.Positions.Turn(heads[1]), heads[2], view.Bias, config.AttentionDropout, mode);
        var output = _attentionOutput.Forward(Attention.JoinHeads(context), mode);
        return mode.Dropout(output, config.AttentionDropout).MoveToOuterDisposeScope();
    }

    private Tensor Feed(Tensor x, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var parts = _inner.Forward(x, mode).chunk(2, -1);
        var gated = mode.Dropout(config.Activation(parts[0]) * parts[1], config.InnerDropout);
        return _output.Forward(gated, mode).MoveToOuterDisposeScope();
    }
}
