using Microsoft.ML.Eva.Backbones.Modernbert;
using static Onnx.TensorProto.Types;

namespace Microsoft.ML.Eva.Onnx.Families;

/// <summary>Nodes of ModernBERT. Mirrors <see cref="ModernbertBackbone"/> and <see cref="ModernbertLayer"/>.</summary>
internal sealed class ModernbertGraph(GraphLayers layers, TextGraphInputs inputs, ModernbertConfig config)
{
    /// <summary>The last hidden state [batch, tokens, hidden].</summary>
    public GraphValue Forward()
    {
        var everywhere = new View(inputs.Padding, Rotary(config.GlobalTheta));
        var nearby = new View(LocalBias(), Rotary(config.LocalTheta));
        var hidden = layers.LayerNorm("embeddings.norm", layers.Embedding("embeddings.tok_embeddings", inputs.Ids), config.NormEpsilon);
        for (var i = 0; i < config.IsGlobal.Count; i++)
            hidden = Layer(layers.Scope($"layers.{i}"), hidden, config.IsGlobal[i] ? everywhere : nearby);
        return layers.LayerNorm("final_norm", hidden, config.NormEpsilon);
    }

    private GraphValue Layer(GraphLayers layer, GraphValue x, View view)
    {
        var normed = layer.Has("attn_norm.weight") ? layer.LayerNorm("attn_norm", x, config.NormEpsilon) : x;
        var heads = layer.Linear("attn.Wqkv", normed).Chunk(3).Select(part => part.SplitHeads(config.HeadCount, config.HeadSize)).ToArray();
        var context = GraphAttention.Attend(Turn(heads[0], view.Positions), Turn(heads[1], view.Positions), heads[2], view.Bias, config.HeadSize);
        var attended = x + layer.Linear("attn.Wo", context.JoinHeads(config.HiddenSize));
        var parts = layer.Linear("mlp.Wi", layer.LayerNorm("mlp_norm", attended, config.NormEpsilon)).Chunk(2);
        return attended + layer.Linear("mlp.Wo", parts[0].Activate(config.Activation) * parts[1]);
    }

    private GraphValue LocalBias()
    {
        var far = GraphAttention.Distances(inputs.Places).Apply("Abs").Apply("Greater", layers.Graph.Integer(config.LocalReach));
        return GraphAttention.Hidden(far).Apply("Min", inputs.Padding);
    }

    // Cosines and sines of position·θ^(−2i/headSize), [tokens, headSize].
    private (GraphValue Cosine, GraphValue Sine) Rotary(double theta)
    {
        var frequencies = layers.Computed($"frequencies.{theta:r}", RotaryPositions.Frequencies(config.HeadSize, theta, TorchSharp.torch.CPU));
        var angles = inputs.Places.To(DataType.Float).Unsqueeze(1) * frequencies;
        var both = layers.Graph.Concat(-1, angles, angles);
        return (both.Apply("Cos"), both.Apply("Sin"));
    }

    private GraphValue Turn(GraphValue x, (GraphValue Cosine, GraphValue Sine) positions)
    {
        var half = config.HeadSize / 2;
        var partner = layers.Graph.Concat(-1, -x.Narrow(-1, half), x.Narrow(-1, 0, half));
        return x * positions.Cosine + partner * positions.Sine;
    }

    /// <summary>What the global or the local layers share.</summary>
    private sealed record View(GraphValue Bias, (GraphValue Cosine, GraphValue Sine) Positions);
}
