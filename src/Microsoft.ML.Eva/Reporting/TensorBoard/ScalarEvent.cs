using Google.Protobuf;

namespace Microsoft.ML.Eva.Reporting.TensorBoard;

/// <summary>
/// TensorBoard's two events that this library writes, as protocol buffers: the file's version and a number of a series, in the
/// form that <c>tf.summary.scalar</c> of TensorFlow 2 writes.
/// </summary>
/// <remarks>
/// Field numbers are those of event.proto, summary.proto, tensor.proto and types.proto of TensorFlow. Ten fields do not earn a
/// code generator in the build.
/// </remarks>
internal static class ScalarEvent
{
    private const int WallTime = 1, Step = 2, FileVersion = 3, Summary = 5; // Event
    private const int Value = 1; // Summary
    private const int Tag = 1, Tensor = 8, Metadata = 9; // Summary.Value
    private const int DataType = 1, Shape = 2, Content = 4; // TensorProto
    private const int PluginData = 1, PluginName = 1; // SummaryMetadata, SummaryMetadata.PluginData
    private const int Float = 1; // DataType

    /// <summary>The first event of every file.</summary>
    public static byte[] OfVersion(double wallTime) => Message(output =>
    {
        Write(output, WallTime, wallTime);
        Write(output, FileVersion, "brain.Event:2"u8.ToArray());
    });

    /// <summary>One number of the series <paramref name="tag"/>.</summary>
    public static byte[] OfScalar(double wallTime, long step, string tag, float value) => Message(output =>
    {
        Write(output, WallTime, wallTime);
        if (step != 0)
        {
            output.WriteTag(Step, WireFormat.WireType.Varint);
            output.WriteInt64(step);
        }
        Write(output, Summary, Message(summary => Write(summary, Value, Scalar(tag, value))));
    });

    private static byte[] Scalar(string tag, float value) => Message(output =>
    {
        Write(output, Tag, System.Text.Encoding.UTF8.GetBytes(tag));
        Write(output, Tensor, Message(tensor =>
        {
            tensor.WriteTag(DataType, WireFormat.WireType.Varint);
            tensor.WriteEnum(Float);
            Write(tensor, Shape, []); // no dimension: a scalar
            var content = new byte[sizeof(float)];
            System.Buffers.Binary.BinaryPrimitives.WriteSingleLittleEndian(content, value);
            Write(tensor, Content, content);
        }));
        Write(output, Metadata, Message(metadata => Write(metadata, PluginData, Message(plugin => Write(plugin, PluginName, "scalars"u8.ToArray())))));
    });

    private static void Write(CodedOutputStream output, int field, double value)
    {
        output.WriteTag(field, WireFormat.WireType.Fixed64);
        output.WriteDouble(value);
    }

    private static void Write(CodedOutputStream output, int field, byte[] content)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(content));
    }

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
            write(output);
        return bytes.ToArray();
    }
}
