using static Onnx.TensorProto.Types;

namespace Microsoft.ML.Eva.Onnx;

/// <summary>
/// A decoder's keys and values: those of earlier tokens are inputs, those of all tokens outputs, for every layer, under the names that
/// Hugging Face's exporter gives them.
/// </summary>
/// <param name="graph">The graph.</param>
/// <param name="headCount">Number of heads.</param>
/// <param name="headSize">Size of a head.</param>
internal sealed class GraphCache(GraphBuilder graph, long headCount, long headSize)
{
    /// <summary>Any number of earlier tokens.</summary>
    public const string EarlierTokens = "past_sequence_length";

    /// <summary>Earlier and present tokens together.</summary>
    public const string AllTokens = $"{EarlierTokens} + {NetworkGraph.Tokens}";

    private readonly List<(GraphValue Keys, GraphValue Values)> _layers = [];

    /// <summary>Puts the next layer's [batch, heads, tokens, headSize] of either kind after those of earlier tokens, which are inputs. Returns all of them.</summary>
    public (GraphValue Keys, GraphValue Values) Append(GraphValue keys, GraphValue values)
    {
        var all = (Joined($"past_key_values.{_layers.Count}.key", keys), Joined($"past_key_values.{_layers.Count}.value", values));
        _layers.Add(all);
        return all;
    }

    /// <summary>Makes what all layers have now outputs of the graph.</summary>
    public void AddOutputs()
    {
        for (var i = 0; i < _layers.Count; i++)
        {
            graph.Output($"present.{i}.key", _layers[i].Keys, NetworkGraph.Batch, headCount, AllTokens, headSize);
            graph.Output($"present.{i}.value", _layers[i].Values, NetworkGraph.Batch, headCount, AllTokens, headSize);
        }
    }

    private GraphValue Joined(string input, GraphValue added) =>
        graph.Concat(2, graph.Input(input, DataType.Float, NetworkGraph.Batch, headCount, EarlierTokens, headSize), added);
}
