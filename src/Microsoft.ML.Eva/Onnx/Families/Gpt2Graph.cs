using Microsoft.ML.Eva.Backbones.Gpt2;

namespace Microsoft.ML.Eva.Onnx.Families;

/// <summary>Nodes of GPT-2, positions counted from the row's start. Mirrors <see cref="Gpt2Backbone"/> and <see cref="Gpt2Layer"/>.</summary>
internal static class Gpt2Graph
{
    /// <summary>The last hidden state [batch, tokens, hidden].</summary>
    public static GraphValue Forward(GraphLayers layers, TextGraphInputs inputs, Gpt2Config config)
    {
        var isLater = GraphAttention.Distances(inputs.Places).Apply("Less", layers.Graph.Integer(0));
        var bias = GraphAttention.Hidden(isLater).Apply("Min", inputs.Padding); // [batch, 1, tokens, tokens]
        var hidden = layers.Embedding("wte", inputs.Ids) + layers.Embedding("wpe", inputs.Places);
        for (var i = 0; i < config.LayerCount; i++)
            hidden = Layer(layers.Scope($"h.{i}"), hidden, bias, config);
        return layers.LayerNorm("ln_f", hidden, config.NormEpsilon);
    }

    private static GraphValue Layer(GraphLayers layer, GraphValue x, GraphValue bias, Gpt2Config config)
    {
        var headSize = config.HiddenSize / config.HeadCount;
        var heads = layer.Linear("attn.c_attn", layer.LayerNorm("ln_1", x, config.NormEpsilon)).Chunk(3)
            .Select(part => part.SplitHeads(config.HeadCount, headSize)).ToArray();
        var context = GraphAttention.Attend(heads[0], heads[1], heads[2], bias, headSize).JoinHeads(config.HiddenSize);
        var attended = x + layer.Linear("attn.c_proj", context);
        var inner = layer.Linear("mlp.c_fc", layer.LayerNorm("ln_2", attended, config.NormEpsilon)).Activate(config.Activation);
        return attended + layer.Linear("mlp.c_proj", inner);
    }
}
