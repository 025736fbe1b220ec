using Onnx;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Bert;

/// <summary>
/// Reads a BERT encoder's weights from an ONNX file exported by PyTorch, under the names of the original checkpoint. Embeddings,
/// norms, biases and the pooler are initialisers with those names; the matrices of linear layers are anonymous and transposed,
/// and are named after the bias that is added to their product.
/// </summary>
internal static class OnnxBertReader
{
    /// <summary>All named weights, float32, attached to no dispose scope.</summary>
    /// <exception cref="InvalidDataException">The stream holds no such model.</exception>
    public static Dictionary<string, Tensor> Read(Stream stream, string source) => OnnxWeights.Read(stream, source, graph => ToTensors(graph, source));

    private static Dictionary<string, Tensor> ToTensors(GraphProto graph, string source)
    {
        var initializers = graph.Initializer.ToDictionary(i => i.Name);
        var tensors = new Dictionary<string, Tensor>();
        foreach (var (name, initializer) in initializers)
            if (name.EndsWith(".weight", StringComparison.Ordinal) || name.EndsWith(".bias", StringComparison.Ordinal))
                tensors[name] = OnnxWeights.ToTensor(initializer, source);
        var additions = graph.Node.Where(n => n.OpType == "Add").SelectMany(n => n.Input.Select(i => (Input: i, Node: n))).ToLookup(x => x.Input, x => x.Node);
        foreach (var product in graph.Node.Where(n => n.OpType == "MatMul"))
        {
            if (!initializers.TryGetValue(product.Input[1], out var matrix))
                continue; // a product of two activations, in the attention
            var bias = additions[product.Output[0]].SelectMany(n => n.Input).FirstOrDefault(i => i.EndsWith(".bias", StringComparison.Ordinal))
                ?? throw new InvalidDataException($"{source}: the product '{product.Name}' is followed by no named bias.");
            using var transposed = OnnxWeights.ToTensor(matrix, source);
            using var view = transposed.t();
            tensors[$"{bias[..^".bias".Length]}.weight"] = view.contiguous().DetachFromDisposeScope();
        }
        return tensors;
    }
}
