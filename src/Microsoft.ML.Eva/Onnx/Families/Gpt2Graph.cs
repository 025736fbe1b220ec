using Microsoft.ML.Eva.Backbones.Gpt2;

namespace Microsoft.ML.Eva.Onnx.Families;

/// <summary>Nodes of GPT-2. Mirrors <see cref="Gpt2Backbone"/> and <see cref="Gpt2Layer"/>.</summary>
internal static class Gpt2Graph
{
    /// <summary>The last hidden state [batch, tokens, hidden], positions counted from the row's start.</summary>
    public static GraphValue Forward(GraphLayers layers, TextGraphInputs inputs, Gpt2Config config) =>
        Forward(layers, inputs.Ids, inputs.Places, GraphAttention.BiasOfFuture(inputs.Places, inputs.Places, inputs.Padding), config);

    /// <summary>The last hidden state [batch, tokens, hidden] of tokens at positions of the caller's; with <paramref name="cache"/> they come after those that it holds and join them.</summary>
    public static GraphValue Forward(GraphLayers layers, GraphValue ids, GraphValue positions, GraphValue bias, Gpt2Config config, GraphCache? cache = null)
    {
        var hidden = layers.Embedding("wte", ids) + layers.Embedding("wpe", positions);
        for (var i = 0; i < config.LayerCount; i++)
            hidden = Layer(layers.Scope($"h.{i}"), hidden, bias, config, cache);
        return layers.LayerNorm("ln_f", hidden, config.NormEpsilon);
    }

    private static GraphValue Layer(GraphLayers layer, GraphValue x, GraphValue bias, Gpt2Config config, GraphCache? cache)
    {
        var headSize = config.HiddenSize / config.HeadCount;
        var heads = layer.Linear("attn.c_attn", layer.LayerNorm("ln_1", x, config.NormEpsilon)).Chunk(3)
            .Select(part => part.SplitHeads(config.HeadCount, headSize)).ToArray();
        var (keys, values) = cache is null ? (heads[1], heads[2]) : cache.Append(heads[1], heads[2]);
        var context = GraphAttention.Attend(heads[0], keys, values, bias, headSize).JoinHeads(config.HiddenSize);
        var attended = x + layer.Linear("attn.c_proj", context);
        var inner = layer.Linear("mlp.c_fc", layer.LayerNorm("ln_2", attended, config.NormEpsilon)).Activate(config.Activation);
        return attended + layer.Linear("mlp.c_proj", inner);
    }
}
