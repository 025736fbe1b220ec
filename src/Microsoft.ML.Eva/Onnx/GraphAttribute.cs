using Google.Protobuf;
using Onnx;
using static Onnx.AttributeProto.Types;

namespace Microsoft.ML.Eva.Onnx;

/// <summary>Makes the attributes of nodes.</summary>
internal static class GraphAttribute
{
    /// <summary>A whole number.</summary>
    public static AttributeProto Of(string name, long value) => new() { Name = name, Type = AttributeType.Int, I = value };

    /// <summary>A number.</summary>
    public static AttributeProto Of(string name, double value) => new() { Name = name, Type = AttributeType.Float, F = (float)value };

    /// <summary>Whole numbers.</summary>
    public static AttributeProto Of(string name, long[] values) => new() { Name = name, Type = AttributeType.Ints, Ints = { values } };

    /// <summary>A word.</summary>
    public static AttributeProto Of(string name, string value) => new() { Name = name, Type = AttributeType.String, S = ByteString.CopyFromUtf8(value) };
}
