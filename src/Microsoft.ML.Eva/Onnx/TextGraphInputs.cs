using static Onnx.TensorProto.Types;

namespace Microsoft.ML.Eva.Onnx;

/// <summary>The inputs of a graph for texts, under the names that Hugging Face's exporter gives them; each [batch, tokens] int64.</summary>
internal sealed class TextGraphInputs
{
    private const string Batch = NetworkGraph.Batch;
    private const string Tokens = NetworkGraph.Tokens;

    private GraphValue? _places; // not every family asks for them

    /// <summary>Adds the inputs to the graph.</summary>
    public TextGraphInputs(GraphBuilder graph, bool hasTokenTypes)
    {
        Ids = graph.Input("input_ids", DataType.Int64, Batch, Tokens);
        Mask = graph.Input("attention_mask", DataType.Int64, Batch, Tokens);
        TokenTypes = hasTokenTypes ? graph.Input("token_type_ids", DataType.Int64, Batch, Tokens) : null;
        Padding = GraphAttention.BiasOfPadding(Mask);
    }

    /// <summary>The tokens.</summary>
    public GraphValue Ids { get; }

    /// <summary>1 for tokens, 0 for padding.</summary>
    public GraphValue Mask { get; }

    /// <summary>0 for the first text's tokens, 1 for the second's; null where the model knows no types.</summary>
    public GraphValue? TokenTypes { get; }

    /// <summary>0, 1, … for as many as there are tokens.</summary>
    public GraphValue Places => _places ??= Ids.Length(1).Range();

    /// <summary>What is added to attention scores, [batch, 1, 1, tokens].</summary>
    public GraphValue Padding { get; }
}
