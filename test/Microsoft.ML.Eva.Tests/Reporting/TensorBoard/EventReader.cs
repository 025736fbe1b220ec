using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.Eva.Tests.Reporting.TensorBoard;

/// <summary>
/// Reads event files by the format's definition, with nothing of the library's: TFRecord framing with a checksum computed bit by
/// bit, then protocol buffers field by field.
/// </summary>
internal static class EventReader
{
    /// <summary>An event that holds a number, or the version where <see cref="Version"/> is not null.</summary>
    internal sealed record Event(double WallTime, long Step, string? Version, string? Tag, float Value);

    public static List<Event> Read(byte[] file)
    {
        var events = new List<Event>();
        for (var at = 0; at < file.Length;)
        {
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at));
            Assert.Equal(MaskedCrc(file.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 8)));
            var content = file.AsSpan(at + 12, length);
            Assert.Equal(MaskedCrc(content), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 12 + length)));
            events.Add(ReadEvent(content.ToArray()));
            at += 16 + length;
        }
        return events;
    }

    // Polynomial 0x1EDC6F41, reflected; mask as in TFRecord's definition.
    public static uint MaskedCrc(ReadOnlySpan<byte> data)
    {
        var crc = 0xffffffffu;
        foreach (var value in data)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82f63b78u : crc >> 1;
        }
        crc = ~crc;
        return unchecked(((crc >> 15) | (crc << 17)) + 0xa282ead8u);
    }

    private static Event ReadEvent(byte[] content)
    {
        var fields = Fields(content);
        var time = BitConverter.ToDouble(fields[1]);
        var step = fields.TryGetValue(2, out var number) ? BitConverter.ToInt64(number) : 0;
        if (fields.TryGetValue(3, out var version))
            return new Event(time, step, Encoding.UTF8.GetString(version), null, 0);
        var value = Fields(Fields(fields[5])[1]);
        var tensor = Fields(value[8]);
        Assert.Equal(1, BitConverter.ToInt64(tensor[1])); // DT_FLOAT
        Assert.Equal("scalars", Encoding.UTF8.GetString(Fields(Fields(value[9])[1])[1]));
        return new Event(time, step, null, Encoding.UTF8.GetString(value[1]), BinaryPrimitives.ReadSingleLittleEndian(tensor[4]));
    }

    private static Dictionary<int, byte[]> Fields(byte[] message)
    {
        var fields = new Dictionary<int, byte[]>();
        for (var at = 0; at < message.Length;)
        {
            var tag = Varint(message, ref at);
            var length = (tag & 7) switch { 1 => 8, 2 => (int)Varint(message, ref at), 5 => 4, _ => 0 };
            fields[(int)(tag >> 3)] = (tag & 7) == 0 ? BitConverter.GetBytes(Varint(message, ref at)) : message[at..(at + length)];
            at += length;
        }
        return fields;
    }

    private static long Varint(byte[] bytes, ref int at)
    {
        long value = 0;
        for (var shift = 0; ; shift += 7)
        {
            value |= (long)(bytes[at] & 0x7f) << shift;
            if ((bytes[at++] & 0x80) == 0)
                return value;
        }
    }
}
