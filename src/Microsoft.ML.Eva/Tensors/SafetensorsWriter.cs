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
    /// <param name="stream">The stream.</param>
    /// <param name="tensors">The tensors, on any device.</param>
    /// <param name="metadata">Texts for the header; null: what says that the tensors are PyTorch's.</param>
    /// <param name="types">The types to write instead of the tensors' own; each tensor is converted when its turn comes.</param>
    /// <returns>The number of bytes written.</returns>
    public static long Write(Stream stream, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null, IReadOnlyDictionary<string, ScalarType>? types = null)
    {
        var ordered = InOrder(tensors, types);
        var (header, dataLength) = Header(ordered, metadata);
        var prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, header.Length);
        stream.Write(prefix);
        stream.Write(header);
        foreach (var item in ordered)
        {
            using var scope = NewDisposeScope();
            TensorBytes.WriteTo(stream, item.Tensor.detach().to_type(item.Type).cpu().contiguous());
        }
        return 8 + header.Length + dataLength;
    }

    /// <summary>The number of bytes that <see cref="Write"/> will write.</summary>
    public static long Length(IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null, IReadOnlyDictionary<string, ScalarType>? types = null)
    {
        var (header, dataLength) = Header(InOrder(tensors, types), metadata);
        return 8 + header.Length + dataLength;
    }

    private static List<WrittenTensor> InOrder(IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, ScalarType>? types) =>
        [.. tensors.Select(t => new WrittenTensor(t.Key, t.Value, types?.TryGetValue(t.Key, out var type) == true ? type : t.Value.dtype))
            .OrderByDescending(t => SafetensorsTypes.Size(t.Type)).ThenBy(t => t.Name, StringComparer.Ordinal)];

    private readonly record struct WrittenTensor(string Name, Tensor Tensor, ScalarType Type);

    private static (byte[] Header, long DataLength) Header(List<WrittenTensor> tensors, IReadOnlyDictionary<string, string>? metadata)
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
            foreach (var (name, tensor, type) in tensors)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", SafetensorsTypes.Name(type));
                json.WriteStartArray("shape");
                foreach (var size in tensor.shape)
                    json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += tensor.numel() * SafetensorsTypes.Size(type));
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
