using System.Buffers.Binary;
using System.Collections;

namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>The value of a field: its bytes, or its number (bits for floating point).</summary>
internal readonly record struct ProtocolBufferValue(ulong Number, ReadOnlyMemory<byte> Bytes);

/// <summary>The fields of a protocol buffer message, in the order of the bytes (https://protobuf.dev/programming-guides/encoding).</summary>
internal sealed class ProtocolBuffer(ReadOnlyMemory<byte> message) : IEnumerable<(int Field, ProtocolBufferValue Value)>
{
    /// <inheritdoc/>
    /// <exception cref="FormatException">The message ends early or has an unknown kind of field.</exception>
    public IEnumerator<(int Field, ProtocolBufferValue Value)> GetEnumerator()
    {
        for (var position = 0; position < message.Length;)
        {
            var key = ReadNumber(ref position);
            ulong number = 0;
            ReadOnlyMemory<byte> bytes = default;
            switch (key & 7)
            {
                case 0:
                    number = ReadNumber(ref position);
                    break;
                case 1:
                    number = BinaryPrimitives.ReadUInt64LittleEndian(Take(8, ref position).Span);
                    break;
                case 2:
                    bytes = Take(ReadNumber(ref position), ref position);
                    break;
                case 5:
                    number = BinaryPrimitives.ReadUInt32LittleEndian(Take(4, ref position).Span);
                    break;
                default:
                    throw new FormatException($"there is a field of kind {key & 7} before byte {position}.");
            }
            yield return ((int)(key >> 3), new(number, bytes));
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private ReadOnlyMemory<byte> Take(ulong length, ref int position)
    {
        if (length > (ulong)(message.Length - position))
            throw new FormatException($"it ends before the {length} bytes that byte {position} announces.");
        position += (int)length;
        return message.Slice(position - (int)length, (int)length);
    }

    private ulong ReadNumber(ref int position)
    {
        ulong number = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var b = Take(1, ref position).Span[0];
            number |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
                return number;
        }
        throw new FormatException($"the number before byte {position} is too long.");
    }
}
