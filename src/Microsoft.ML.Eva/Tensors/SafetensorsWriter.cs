using System.Buffers.Binary;
using System.Text.Json;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tensors;

/// <summary>Writes safetensors as the reference implementation does: widest type first, then by name; header padded to 8 bytes.</summary>
internal static class SafetensorsWriter
{
    /// <summary>Writes a file beside its final place and renames it when it is whole.</summary>
    public static void WriteFile(string path, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var unfinished = $"{path}.{Guid.NewGuid():n}.tmp";
        try
        {
            using (var stream = File.Create(unfinished))
                Write(stream, tensors, metadata);
            File.Move(unfinished, path, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    /// <summary>Writes to the stream from where it stands.</summary>
    /// <returns>The number of bytes written.</returns>
    public static long Write(Stream stream, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var ordered = InOrder(tensors);
        var (header, dataLength) = Header(ordered, metadata);
        var prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, header.Length);
        stream.Write(prefix);
        stream.Write(header);
        foreach (var (_, tensor) in ordered)
        {
            using var scope = NewDisposeScope();
            TensorBytes.WriteTo(stream, tensor.detach().cpu().contiguous());
        }
        return 8 + header.Length + dataLength;
    }

    /// <summary>The number of bytes that <see cref="Write"/> will write.</summary>
    public static long Length(IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var (header, dataLength) = Header(InOrder(tensors), metadata);
        return 8 + header.Length + dataLength;
    }

    private static List<KeyValuePair<string, Tensor>> InOrder(IReadOnlyDictionary<string, Tensor> tensors) =>
        [.. tensors.OrderByDescending(t => SafetensorsTypes.Size(t.Value.dtype)).ThenBy(t => t.Key, StringComparer.Ordinal)];

    private static (byte[] Header, long DataLength) Header(List<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        metadata ??= new Dictionary<string, string> { ["format"] = "pt" };
        using var buffer = new MemoryStream();
        long offset = 0;
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            foreach (var (key, value) in metadata)
                json.WriteString(key, value);
            json.WriteEndObject();
            foreach (var (name, tensor) in tensors)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", SafetensorsTypes.Name(tensor.dtype));
                json.WriteStartArray("shape");
                foreach (var size in tensor.shape)
                    json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += tensor.numel() * SafetensorsTypes.Size(tensor.dtype));
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        while (buffer.Length % 8 != 0)
            buffer.WriteByte((byte)' ');
        return (buffer.ToArray(), offset);
    }
}
