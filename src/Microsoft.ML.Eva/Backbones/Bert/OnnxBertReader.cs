using System.Runtime.InteropServices;
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
    public static Dictionary<string, Tensor> Read(Stream stream, string source)
    {
        GraphProto graph;
        try
        {
            graph = ModelProto.Parser.ParseFrom(stream).Graph ?? throw new InvalidDataException($"{source} holds no graph.");
        }
        catch (Google.Protobuf.InvalidProtocolBufferException e)
        {
            throw new InvalidDataException($"{source} is no ONNX model: {e.Message}", e);
        }
        var initializers = graph.Initializer.ToDictionary(i => i.Name);
        var tensors = new Dictionary<string, Tensor>();
        foreach (var (name, initializer) in initializers)
            if (name.EndsWith(".weight", StringComparison.Ordinal) || name.EndsWith(".bias", StringComparison.Ordinal))
                tensors[name] = ToTensor(initializer, source);
        var additions = graph.Node.Where(n => n.OpType == "Add").SelectMany(n => n.Input.Select(i => (Input: i, Node: n))).ToLookup(x => x.Input, x => x.Node);
        foreach (var product in graph.Node.Where(n => n.OpType == "MatMul"))
        {
            if (!initializers.TryGetValue(product.Input[1], out var matrix))
                continue; // a product of two activations, in the attention
            var bias = additions[product.Output[0]].SelectMany(n => n.Input).FirstOrDefault(i => i.EndsWith(".bias", StringComparison.Ordinal))
                ?? throw new InvalidDataException($"{source}: the product '{product.Name}' is followed by no named bias.");
            using var transposed = ToTensor(matrix, source);
            using var view = transposed.t();
            tensors[$"{bias[..^".bias".Length]}.weight"] = view.contiguous().DetachFromDisposeScope();
        }
        return tensors;
    }

    private static Tensor ToTensor(TensorProto proto, string source)
    {
        if (proto.DataType != (int)TensorProto.Types.DataType.Float)
            throw new InvalidDataException($"{source}: '{proto.Name}' has ONNX data type {proto.DataType}, not float32.");
        var values = proto.RawData.IsEmpty ? [.. proto.FloatData] : MemoryMarshal.Cast<byte, float>(proto.RawData.Span).ToArray();
        if (values.LongLength != proto.Dims.Aggregate(1L, (a, b) => a * b))
            throw new InvalidDataException($"{source}: '{proto.Name}' has {values.Length} numbers for shape [{string.Join(", ", proto.Dims)}].");
        return tensor(values, [.. proto.Dims]).DetachFromDisposeScope();
    }
}
