using Microsoft.ML.Eva.Backbones.Deberta;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Onnx.Families;

/// <summary>Nodes of DeBERTa-v2 and -v3. Mirrors <see cref="DebertaBackbone"/> and <see cref="DisentangledAttention"/>.</summary>
internal sealed class DebertaGraph(GraphLayers layers, TextGraphInputs inputs, DebertaConfig config)
{
    private readonly long _headSize = config.HiddenSize / config.HeadCount;
    private readonly int _terms = 1 + (config.Relative is { ContentToPosition: true } ? 1 : 0) + (config.Relative is { PositionToContent: true } ? 1 : 0);

    /// <summary>The last hidden state [batch, tokens, hidden].</summary>
    public GraphValue Forward()
    {
        var hidden = Embed(layers.Scope("embeddings"));
        var table = Table();
        var (rows, mirrored) = Rows();
        for (var i = 0; i < config.LayerCount; i++)
        {
            var layer = layers.Scope($"encoder.layer.{i}");
            hidden = PostNormGraph.Forward(layer, config.BlockShape, hidden, Attend(layer.Scope("attention.self"), hidden, table, rows, mirrored));
        }
        return hidden;
    }

    private GraphValue Embed(GraphLayers embeddings)
    {
        var sum = embeddings.Embedding("word_embeddings", inputs.Ids);
        if (config.AddsPositions)
            sum += embeddings.Embedding("position_embeddings", inputs.Places);
        if (config.TypeCount > 0)
            sum += BertGraph.Types(embeddings, inputs);
        if (embeddings.Has("embed_proj.weight"))
            sum = embeddings.Linear("embed_proj", sum);
        return embeddings.LayerNorm("LayerNorm", sum, config.NormEpsilon) * GraphAttention.TokenWeights(inputs.Mask);
    }

    // The distances' vectors [1, 2·span, hidden].
    private GraphValue? Table()
    {
        if (config.Relative is not { } relative)
            return null;
        var table = layers.Weight("encoder.rel_embeddings.weight");
        return (relative.NormalizesTable ? layers.LayerNorm("encoder.LayerNorm", table, config.NormEpsilon) : table).Unsqueeze(0);
    }

    // Which of them belongs to a query and a key, and to a key and a query, [tokens, tokens]. Buckets are looked up beforehand: a
    // runtime's last bit of a logarithm could put a distance into another one.
    private (GraphValue? Rows, GraphValue? Mirrored) Rows()
    {
        if (config.Relative is not { } relative)
            return (null, null);
        var largest = config.MaxTokens - 1;
        var distances = RelativeDistances.Of(arange(Scalars.Of(-largest), Scalars.Of(largest + 1), Scalars.One, ScalarType.Int64), relative).data<long>().ToArray();
        var buckets = layers.Graph.Table("distances", distances).Rows(GraphAttention.Distances(inputs.Places) + layers.Graph.Integer(largest));
        var (graph, last) = (layers.Graph, 2L * relative.Span - 1);
        return (Clamp(buckets + graph.Integer(relative.Span)), Clamp(graph.Integer(relative.Span) - buckets));

        GraphValue Clamp(GraphValue x) => x.Apply("Max", graph.Integer(0)).Apply("Min", graph.Integer(last));
    }

    private GraphValue Attend(GraphLayers attention, GraphValue x, GraphValue? table, GraphValue? rows, GraphValue? mirrored)
    {
        var (q, k, v) = (Heads("query_proj", x) / Math.Sqrt(_terms), Heads("key_proj", x), Heads("value_proj", x));
        var bias = inputs.Padding;
        if (config.Relative is { ContentToPosition: true } keys)
            bias += Scores(q, Heads(keys.SharesProjections ? "key_proj" : "pos_key_proj", table!), rows!);
        if (config.Relative is { PositionToContent: true } queries)
            bias += Scores(k, Heads(queries.SharesProjections ? "query_proj" : "pos_query_proj", table!) / Math.Sqrt(_terms), mirrored!).Permute(0, 1, 3, 2);
        return GraphAttention.Attend(q, k, v, bias, _headSize).JoinHeads(config.HiddenSize);

        GraphValue Heads(string projection, GraphValue of) => attention.Linear(projection, of).SplitHeads(config.HeadCount, _headSize);
    }

    // Every token's score with every distance, then of each pair of tokens that of its distance: [batch, heads, tokens, tokens].
    private GraphValue Scores(GraphValue tokens, GraphValue distances, GraphValue rows)
    {
        var all = (tokens / Math.Sqrt(_headSize)).MatMul(distances.Permute(0, 1, 3, 2)); // [batch, heads, tokens, 2·span]
        return all.GatherLast(rows.Expand(layers.Graph.Concat(0, all.Shape(0, 2), rows.Shape(0, 2))));
    }
}
