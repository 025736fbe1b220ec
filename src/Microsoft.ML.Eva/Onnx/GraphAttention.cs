using static Onnx.TensorProto.Types;

namespace Microsoft.ML.Eva.Onnx;

/// <summary>What Backbones/Layers has of attention and its masks, as nodes.</summary>
internal static class GraphAttention
{
    /// <summary>[batch, tokens, heads·headSize] → [batch, heads, tokens, headSize].</summary>
    public static GraphValue SplitHeads(this GraphValue x, long headCount, long headSize) =>
        x.Reshape(0, 0, headCount, headSize).Permute(0, 2, 1, 3);

    /// <summary>[batch, heads, tokens, headSize] → [batch, tokens, heads·headSize].</summary>
    public static GraphValue JoinHeads(this GraphValue x, long hiddenSize) => x.Permute(0, 2, 1, 3).Reshape(0, 0, hiddenSize);

    /// <summary>softmax(q·kᵀ/√headSize + bias)·v over [batch, heads, tokens, headSize].</summary>
    public static GraphValue Attend(GraphValue query, GraphValue key, GraphValue value, GraphValue? bias, long headSize)
    {
        var scores = query.MatMul(key.Permute(0, 1, 3, 2)) / Math.Sqrt(headSize);
        return (bias is null ? scores : scores + bias).Softmax().MatMul(value);
    }

    /// <summary>Self-attention with a projection each for query, key and value: [batch, tokens, hidden] → the heads' results side by side.</summary>
    public static GraphValue SelfAttend(GraphLayers layers, string query, string key, string value, GraphValue x, GraphValue? bias, long headCount, long hiddenSize)
    {
        var headSize = hiddenSize / headCount;
        var heads = new[] { query, key, value }.Select(name => layers.Linear(name, x).SplitHeads(headCount, headSize)).ToArray();
        return Attend(heads[0], heads[1], heads[2], bias, headSize).JoinHeads(hiddenSize);
    }

    /// <summary>From a mask [batch, tokens] to what is added to scores, [batch, 1, 1, tokens].</summary>
    public static GraphValue BiasOfPadding(GraphValue mask) => Hidden(mask.Apply("Equal", mask.Graph.Integer(0))).Unsqueeze(1, 2);

    /// <summary>The lowest float32 where <paramref name="hidden"/> is true, else 0.</summary>
    public static GraphValue Hidden(GraphValue hidden) => hidden.Where(hidden.Graph.Number(float.MinValue), hidden.Graph.Number(0));

    /// <summary>query − key for every pair of places [tokens (query), tokens (key)] int64.</summary>
    public static GraphValue Distances(GraphValue places) => Distances(places, places);

    /// <summary>query − key for every pair of places [tokens (query), tokens (key)] int64, where not all tokens ask.</summary>
    public static GraphValue Distances(GraphValue queries, GraphValue keys) => queries.Unsqueeze(1) - keys.Unsqueeze(0);

    /// <summary>The bias of a decoder, [batch, 1, tokens (query), tokens (key)]: hides later tokens and what <paramref name="padding"/> hides.</summary>
    public static GraphValue BiasOfFuture(GraphValue queries, GraphValue keys, GraphValue padding) =>
        Hidden(Distances(queries, keys).Apply("Less", padding.Graph.Integer(0))).Apply("Min", padding);

    /// <summary>1 for tokens, 0 for padding, as float32 [batch, tokens, 1].</summary>
    public static GraphValue TokenWeights(GraphValue mask) => mask.Unsqueeze(2).To(DataType.Float);
}
