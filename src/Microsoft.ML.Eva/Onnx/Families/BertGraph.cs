using Microsoft.ML.Eva.Backbones.Bert;

namespace Microsoft.ML.Eva.Onnx.Families;

/// <summary>Nodes of BERT, and of the layers that RoBERTa, XLM-R and ELECTRA share with it. Mirrors <see cref="BertBackbone"/>.</summary>
internal static class BertGraph
{
    /// <summary>The last hidden state [batch, tokens, hidden].</summary>
    public static GraphValue Forward(GraphLayers layers, TextGraphInputs inputs, BertConfig config) =>
        Encode(layers, Embed(layers, inputs, inputs.Places, config), inputs.Padding, config);

    /// <summary>Words, positions and types, summed and normalised.</summary>
    public static GraphValue Embed(GraphLayers layers, TextGraphInputs inputs, GraphValue positions, BertConfig config)
    {
        var embeddings = layers.Scope("embeddings");
        var sum = embeddings.Embedding("word_embeddings", inputs.Ids) + Types(embeddings, inputs) + embeddings.Embedding("position_embeddings", positions);
        return embeddings.LayerNorm("LayerNorm", sum, config.NormEpsilon);
    }

    /// <summary>The types' vectors; without types every token is of type 0.</summary>
    public static GraphValue Types(GraphLayers embeddings, TextGraphInputs inputs) => inputs.TokenTypes is { } types
        ? embeddings.Embedding("token_type_embeddings", types)
        : embeddings.Weight("token_type_embeddings.weight").Select(0, 0);

    /// <summary>From the embeddings to the last hidden state.</summary>
    public static GraphValue Encode(GraphLayers layers, GraphValue hidden, GraphValue bias, BertConfig config)
    {
        for (var i = 0; i < config.LayerCount; i++)
        {
            var layer = layers.Scope($"encoder.layer.{i}");
            var context = GraphAttention.SelfAttend(
                layer, "attention.self.query", "attention.self.key", "attention.self.value", hidden, bias, config.HeadCount, config.HiddenSize);
            hidden = PostNormGraph.Forward(layer, config.BlockShape, hidden, context);
        }
        return hidden;
    }
}
