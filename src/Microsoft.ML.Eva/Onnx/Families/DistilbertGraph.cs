using Microsoft.ML.Eva.Backbones.Distilbert;

namespace Microsoft.ML.Eva.Onnx.Families;

/// <summary>Nodes of DistilBERT. Mirrors <see cref="DistilbertBackbone"/>.</summary>
internal static class DistilbertGraph
{
    /// <summary>The last hidden state [batch, tokens, hidden].</summary>
    public static GraphValue Forward(GraphLayers layers, TextGraphInputs inputs, DistilbertConfig config)
    {
        var embeddings = layers.Scope("embeddings");
        var sum = embeddings.Embedding("word_embeddings", inputs.Ids) + embeddings.Embedding("position_embeddings", inputs.Places);
        var hidden = embeddings.LayerNorm("LayerNorm", sum, DistilbertConfig.NormEpsilon);
        for (var i = 0; i < config.LayerCount; i++)
        {
            var layer = layers.Scope($"transformer.layer.{i}");
            var context = GraphAttention.SelfAttend(
                layer, "attention.q_lin", "attention.k_lin", "attention.v_lin", hidden, inputs.Padding, config.HeadCount, config.HiddenSize);
            hidden = PostNormGraph.Forward(layer, config.BlockShape, hidden, context);
        }
        return hidden;
    }
}
