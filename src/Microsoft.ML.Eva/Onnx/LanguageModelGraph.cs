using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Gpt2;
using Microsoft.ML.Eva.Onnx.Families;
using static Onnx.TensorProto.Types;

namespace Microsoft.ML.Eva.Onnx;

/// <summary>
/// Makes the graph of a language model: for every token the scores of the one after it, <c>logits</c> [batch, tokens, vocabulary].
/// Rows may be padded on either side.
/// </summary>
internal static class LanguageModelGraph
{
    private const string Ids = "input_ids";
    private const string Mask = "attention_mask";

    /// <summary>The graph of a network whose head is a <see cref="LanguageModelHead"/>. Its weights are views in the caller's dispose scope.</summary>
    /// <param name="network">The network, its adapters merged.</param>
    /// <param name="withCache">Whether keys and values of earlier tokens are inputs, and those of all tokens outputs.</param>
    /// <exception cref="InvalidOperationException">The adapters are not merged.</exception>
    public static GraphBuilder Create(Network network, bool withCache)
    {
        var (graph, config) = NetworkGraph.Start(network);
        var layers = new GraphLayers(graph, network);
        var read = Gpt2Config.Read(config);
        if (withCache)
            AddCached(layers, read);
        else
            Add(layers, read);
        return graph;
    }

    // All tokens at once. A row's own tokens are counted, so that padding on the left changes nothing.
    private static void Add(GraphLayers layers, Gpt2Config config)
    {
        var graph = layers.Graph;
        var ids = graph.Input(Ids, DataType.Int64, NetworkGraph.Batch, NetworkGraph.Tokens);
        var mask = graph.Input(Mask, DataType.Int64, NetworkGraph.Batch, NetworkGraph.Tokens);
        var positions = (mask.RunningSum(1) - graph.Integer(1)).Apply("Max", graph.Integer(0));
        var columns = ids.Length(1).Range();
        var bias = GraphAttention.BiasOfFuture(columns, columns, GraphAttention.BiasOfPadding(mask));
        AddScores(layers, ids, Gpt2Graph.Forward(layers, ids, positions, bias, config), config);
    }

    // The tokens are the last columns of the mask. Where they stand in their rows, the mask's beginning would tell as well, but
    // programs that know the names of these inputs give positions, too.
    private static void AddCached(GraphLayers layers, Gpt2Config config)
    {
        var graph = layers.Graph;
        var ids = graph.Input(Ids, DataType.Int64, NetworkGraph.Batch, NetworkGraph.Tokens);
        var mask = graph.Input(Mask, DataType.Int64, NetworkGraph.Batch, GraphCache.AllTokens);
        var positions = graph.Input("position_ids", DataType.Int64, NetworkGraph.Batch, NetworkGraph.Tokens);
        var cache = new GraphCache(graph, config.HeadCount, config.HiddenSize / config.HeadCount);
        var (all, present) = (mask.Length(1), ids.Length(1));
        var bias = GraphAttention.BiasOfFuture(present.Range() + (all - present), all.Range(), GraphAttention.BiasOfPadding(mask));
        AddScores(layers, ids, Gpt2Graph.Forward(layers, ids, positions, bias, config, cache), config);
        cache.AddOutputs();
    }

    // The table of words is the last layer, too. Gemm takes it as it lies; MatMul would need a second, transposed one.
    private static void AddScores(GraphLayers layers, GraphValue ids, GraphValue hidden, Gpt2Config config)
    {
        var graph = layers.Graph;
        var scores = graph.Node("Gemm", [hidden.Reshape(-1, config.HiddenSize), layers.Weight("wte.weight")], [GraphAttribute.Of("transB", 1)], "lm_head");
        var shape = graph.Concat(0, ids.Shape(0, 2), graph.Integers(config.VocabularySize));
        graph.Output(NetworkGraph.Logits, scores.Reshape(shape), NetworkGraph.Batch, NetworkGraph.Tokens, config.VocabularySize);
    }
}
