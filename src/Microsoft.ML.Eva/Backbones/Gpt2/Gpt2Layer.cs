using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Gpt2;

/// <summary>One layer of GPT-2, normalised before each part: x + attention(norm(x)), then x + c_proj(activation(c_fc(norm(x)))). Tokens see earlier ones only.</summary>
internal sealed class Gpt2Layer(WeightBinder binder, Gpt2Config config)
{
    private readonly LayerNorm _attentionNorm = binder.LayerNorm("ln_1", config.HiddenSize, config.NormEpsilon);
    private readonly AdaptableLinear _queryKeyValue = binder.TransposedLinear("attn.c_attn", config.HiddenSize, 3L * config.HiddenSize);
    private readonly AdaptableLinear _attentionOutput = binder.TransposedLinear("attn.c_proj", config.HiddenSize, config.HiddenSize);
    private readonly LayerNorm _innerNorm = binder.LayerNorm("ln_2", config.HiddenSize, config.NormEpsilon);
    private readonly AdaptableLinear _inner = binder.TransposedLinear("mlp.c_fc", config.HiddenSize, config.InnerSize);
    private readonly AdaptableLinear _output = binder.TransposedLinear("mlp.c_proj", config.InnerSize, config.HiddenSize);

    /// <summary>
    /// [batch, tokens, hidden] → the same. <paramref name="bias"/> hides later tokens and padding; null: only later tokens are to be
    /// hidden. With <paramref name="cache"/> the tokens also see those that it holds and join them. A fresh tensor.
    /// </summary>
    public Tensor Forward(Tensor x, Tensor? bias, ForwardMode mode, LayerCache? cache = null)
    {
        using var scope = NewDisposeScope();
        var attended = x.Plus(Attend(_attentionNorm.Forward(x), bias, mode, cache));
        var inner = config.Activation(_inner.Forward(_innerNorm.Forward(attended), mode));
        return attended.Plus(mode.Dropout(_output.Forward(inner, mode), config.ResidualDropout)).MoveToOuterDisposeScope();
    }

    private Tensor Attend(Tensor x, Tensor? bias, ForwardMode mode, LayerCache? cache)
    {
        using var scope = NewDisposeScope();
        var projected = _queryKeyValue.Forward(x, mode).chunk(3, -1);
        var heads = projected.Select(part => Attention.SplitHeads(part, config.HeadCount)).ToArray(); // [batch, heads, tokens, headSize]
        var (keys, values) = cache is null ? (heads[1], heads[2]) : cache.Append(heads[1], heads[2]);
        // A single token comes last and may see all; the kernel's own rule counts from the first key and would hide them.
        var context = Attention.Attend(heads[0], keys, values, bias, config.AttentionDropout, mode, isCausal: bias is null && x.shape[1] > 1);
        var output = _attentionOutput.Forward(Attention.JoinHeads(context), mode);
        return mode.Dropout(output, config.ResidualDropout).MoveToOuterDisposeScope();
    }
}
