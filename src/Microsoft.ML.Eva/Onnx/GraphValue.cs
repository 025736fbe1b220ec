namespace Microsoft.ML.Eva.Onnx;

/// <summary>A tensor of an exported graph: what an input, a weight or a node gives. Operators add nodes, as torch's compute.</summary>
internal sealed class GraphValue(GraphBuilder graph, string name)
{
    /// <summary>The graph it belongs to.</summary>
    public GraphBuilder Graph { get; } = graph;

    /// <summary>Its name in the file.</summary>
    public string Name { get; set; } = name;

    /// <summary>a + b, broadcast.</summary>
    public static GraphValue operator +(GraphValue a, GraphValue b) => a.Graph.Node("Add", [a, b]);

    /// <summary>a − b, broadcast.</summary>
    public static GraphValue operator -(GraphValue a, GraphValue b) => a.Graph.Node("Sub", [a, b]);

    /// <summary>a·b, entry by entry, broadcast.</summary>
    public static GraphValue operator *(GraphValue a, GraphValue b) => a.Graph.Node("Mul", [a, b]);

    /// <summary>a/b, entry by entry, broadcast.</summary>
    public static GraphValue operator /(GraphValue a, GraphValue b) => a.Graph.Node("Div", [a, b]);

    /// <summary>−a.</summary>
    public static GraphValue operator -(GraphValue a) => a.Graph.Node("Neg", [a]);

    /// <summary>a + b.</summary>
    public static GraphValue operator +(GraphValue a, double b) => a + a.Graph.Number(b);

    /// <summary>a·b.</summary>
    public static GraphValue operator *(GraphValue a, double b) => a * a.Graph.Number(b);

    /// <summary>a/b.</summary>
    public static GraphValue operator /(GraphValue a, double b) => a / a.Graph.Number(b);
}
