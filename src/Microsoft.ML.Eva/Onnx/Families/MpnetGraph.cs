using Microsoft.ML.Eva.Backbones.Mpnet;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Onnx.Families;

/// <summary>Nodes of MPNet, one bias per head and distance in all layers. Mirrors <see cref="MpnetBackbone"/>.</summary>
internal static class MpnetGraph
{
    /// <summary>The last hidden state [batch, tokens, hidden].</summary>
    public static GraphValue Forward(GraphLayers layers, TextGraphInputs inputs, MpnetConfig config)
    {
        var bias = BiasOfDistances(layers, inputs, config) + inputs.Padding;
        var hidden = Embed(layers.Scope("embeddings"), inputs, config);
        for (var i = 0; i < config.LayerCount; i++)
        {
            var layer = layers.Scope($"encoder.layer.{i}");
            var context = GraphAttention.SelfAttend(
                layer, "attention.attn.q", "attention.attn.k", "attention.attn.v", hidden, bias, config.HeadCount, config.HiddenSize);
            hidden = PostNormGraph.Forward(layer, config.BlockShape, hidden, context);
        }
        return hidden;
    }

    private static GraphValue Embed(GraphLayers embeddings, TextGraphInputs inputs, MpnetConfig config)
    {
        var positions = RobertaGraph.Positions(inputs.Ids, MpnetConfig.PadId);
        var sum = embeddings.Embedding("word_embeddings", inputs.Ids) + embeddings.Embedding("position_embeddings", positions);
        return embeddings.LayerNorm("LayerNorm", sum, config.NormEpsilon);
    }

    // The buckets' logarithms are rounded down, so a runtime's last bit could put a distance into another one: every distance's
    // bias is looked up beforehand instead.
    private static GraphValue BiasOfDistances(GraphLayers layers, TextGraphInputs inputs, MpnetConfig config)
    {
        var largest = config.MaxTokens - 1;
        var table = layers.Of("encoder.relative_attention_bias.weight").Value;
        var ahead = arange(Scalars.Of(-largest), Scalars.Of(largest + 1), Scalars.One, ScalarType.Int64, table.device);
        var byDistance = layers.Computed("encoder.relative_attention_bias.by_distance", table.index_select(0, RelativeBuckets.Of(ahead))); // [2·largest + 1, heads]
        var rows = layers.Graph.Integer(largest) - GraphAttention.Distances(inputs.Places); // key − query, from 0
        return byDistance.Rows(rows).Permute(2, 0, 1).Unsqueeze(0); // [1, heads, tokens, tokens]
    }
}
