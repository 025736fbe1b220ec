using Microsoft.ML.Eva.Backbones.Layers;

namespace Microsoft.ML.Eva.Onnx;

/// <summary>Every function of <see cref="Activations"/> as nodes.</summary>
internal static class GraphActivations
{
    private static readonly Dictionary<Activation, Func<GraphValue, GraphValue>> Known = new()
    {
        [Activations.Gelu] = Gelu,
        [Activations.GeluTanh] = GeluTanh,
        [Activations.Relu] = x => x.Apply("Relu"),
        [Activations.Silu] = Silu,
        [Activations.Tanh] = x => x.Apply("Tanh"),
    };

    /// <summary>The function of each entry.</summary>
    public static GraphValue Activate(this GraphValue x, Activation activation) => Known[activation](x);

    /// <summary>x·sigmoid(x).</summary>
    public static GraphValue Silu(GraphValue x) => x * x.Apply("Sigmoid");

    // Opset 17 has no Gelu; runtimes know these nodes in this order and make one kernel of them.
    private static GraphValue Gelu(GraphValue x) => x * ((x / Math.Sqrt(2)).Apply("Erf") + 1) * 0.5;

    private static GraphValue GeluTanh(GraphValue x)
    {
        var inner = (x + x * x * x * 0.044715) * Math.Sqrt(2 / Math.PI);
        return x * 0.5 * (inner.Apply("Tanh") + 1);
    }
}
