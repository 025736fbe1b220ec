using System.Buffers.Binary;
using System.Text.Json;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tensors;

/// <summary>What the header of a safetensors file says of one tensor. Begin and End count from the end of the header.</summary>
internal sealed record TensorEntry(string Name, ScalarType Type, long[] Shape, long Begin, long End);

/// <summary>
/// Reads safetensors: u64 header length, JSON header, data (https://github.com/huggingface/safetensors). The file is not
/// trusted: everything the header claims is checked against the length of the stream before memory is taken. Each tensor is
/// read straight into its own memory; there is no second copy.
/// </summary>
internal static class SafetensorsReader
{
    private const long LargestHeader = 100_000_000; // the reference implementation's limit

    /// <summary>Reads the tensors of a file that <paramref name="isWanted"/> names.</summary>
    /// <returns>Tensors of the file's types on the CPU, attached to no dispose scope; the caller disposes them.</returns>
    /// <exception cref="InvalidDataException">The file is broken; the message names it and the fault.</exception>
    public static Dictionary<string, Tensor> ReadFile(string path, Func<string, bool>? isWanted = null, ScalarType? convertFloatsTo = null)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        return Read(stream, stream.Length, path, isWanted, convertFloatsTo);
    }

    /// <summary>Reads from the stream's position; <paramref name="length"/> bytes belong to the file.</summary>
    /// <inheritdoc cref="ReadFile"/>
    public static Dictionary<string, Tensor> Read(Stream stream, long length, string source, Func<string, bool>? isWanted = null, ScalarType? convertFloatsTo = null)
    {
        var (entries, _, dataLength) = ReadHeader(stream, length, source);
        var tensors = new Dictionary<string, Tensor>();
        var buffer = Array.Empty<byte>();
        long position = 0;
        try
        {
            foreach (var entry in entries)
            {
                Skip(stream, entry.Begin - position, ref buffer);
                position = entry.End;
                if (isWanted is not null && !isWanted(entry.Name))
                {
                    Skip(stream, entry.End - entry.Begin, ref buffer);
                    continue;
                }
                tensors.Add(entry.Name, ReadTensor(stream, entry, convertFloatsTo));
            }
            Skip(stream, dataLength - position, ref buffer);
            return tensors;
        }
        catch (EndOfStreamException e)
        {
            Dispose(tensors);
            throw new InvalidDataException($"{source} ends before its last tensor.", e);
        }
        catch
        {
            Dispose(tensors);
            throw;
        }
    }

    /// <summary>Reads and checks the header; the stream stands at the first byte of data afterwards. Entries come in order of offset.</summary>
    public static (IReadOnlyList<TensorEntry> Entries, IReadOnlyDictionary<string, string> Metadata, long DataLength) ReadHeader(Stream stream, long length, string source)
    {
        Span<byte> prefix = stackalloc byte[8];
        if (length < 8 || stream.ReadAtLeast(prefix, 8, throwOnEndOfStream: false) < 8)
            throw new InvalidDataException($"{source} is no safetensors file: it has {length} bytes, fewer than the 8 of the header's length.");
        var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerLength > (ulong)(length - 8) || headerLength > LargestHeader)
            throw new InvalidDataException($"{source} is no safetensors file or is cut off: its header claims {headerLength} bytes, the file has {length}.");
        var header = new byte[headerLength];
        try
        {
            stream.ReadExactly(header);
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException($"{source} ends within its header.", e);
        }
        var dataLength = length - 8 - (long)headerLength;
        try
        {
            using var json = UntrustedJson.Parse(header, maxDepth: 8);
            var (entries, metadata) = ReadEntries(json.RootElement, dataLength, source);
            return (entries, metadata, dataLength);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The header of {source} is not JSON: {e.Message}", e);
        }
    }

    private static (List<TensorEntry>, Dictionary<string, string>) ReadEntries(JsonElement root, long dataLength, string source)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException($"The header of {source} is not a JSON object.");
        var metadata = new Dictionary<string, string>();
        var entries = new List<TensorEntry>();
        var names = new HashSet<string>();
        foreach (var property in root.EnumerateObject())
        {
            if (property.Name == "__metadata__")
            {
                if (property.Value.ValueKind == JsonValueKind.Object)
                    foreach (var item in property.Value.EnumerateObject().Where(i => i.Value.ValueKind == JsonValueKind.String))
                        metadata[item.Name] = item.Value.GetString()!;
                continue;
            }
            if (!names.Add(property.Name))
                throw new InvalidDataException($"The header of {source} lists tensor '{property.Name}' twice.");
            entries.Add(ReadEntry(property, dataLength, source));
        }
        entries.Sort((a, b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.End.CompareTo(b.End));
        for (var i = 1; i < entries.Count; i++)
            if (entries[i].Begin < entries[i - 1].End)
                throw new InvalidDataException($"In {source} the data_offsets of the tensors '{entries[i - 1].Name}' and '{entries[i].Name}' overlap.");
        return (entries, metadata);
    }

    private static TensorEntry ReadEntry(JsonProperty property, long dataLength, string source)
    {
        var (name, value) = (property.Name, property.Value);
        if (value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("dtype", out var dtype) || dtype.ValueKind != JsonValueKind.String
            || !value.TryGetProperty("shape", out var shapeElement) || shapeElement.ValueKind != JsonValueKind.Array
            || !value.TryGetProperty("data_offsets", out var offsets) || offsets.ValueKind != JsonValueKind.Array || offsets.GetArrayLength() != 2)
            throw new InvalidDataException($"The header of {source} does not give dtype, shape and two data_offsets for tensor '{name}'.");
        var type = SafetensorsTypes.Parse(dtype.GetString()!)
            ?? throw new InvalidDataException($"Tensor '{name}' of {source} has dtype '{dtype.GetString()}'; known are {string.Join(", ", SafetensorsTypes.Names)}.");
        var shape = new long[shapeElement.GetArrayLength()];
        long bytes = SafetensorsTypes.Size(type);
        for (var i = 0; i < shape.Length; i++)
        {
            if (shapeElement[i].ValueKind != JsonValueKind.Number || !shapeElement[i].TryGetInt64(out shape[i]) || shape[i] < 0 || shape.Length > 16)
                throw new InvalidDataException($"Tensor '{name}' of {source} has the impossible shape {shapeElement.GetRawText()}.");
            if (shape[i] != 0 && bytes > long.MaxValue / shape[i])
                throw new InvalidDataException($"Tensor '{name}' of {source} has the impossible shape {shapeElement.GetRawText()}.");
            bytes *= shape[i];
        }
        if (offsets[0].ValueKind != JsonValueKind.Number || offsets[1].ValueKind != JsonValueKind.Number
            || !offsets[0].TryGetInt64(out var begin) || !offsets[1].TryGetInt64(out var end) || begin < 0 || end < begin || end > dataLength)
            throw new InvalidDataException($"Tensor '{name}' of {source} has data_offsets {offsets.GetRawText()}, which lie outside the {dataLength} bytes of data in the file.");
        if (end - begin != bytes)
            throw new InvalidDataException($"Tensor '{name}' of {source} has {end - begin} bytes, but its dtype and shape {shapeElement.GetRawText()} need {bytes}.");
        return new TensorEntry(name, type, shape, begin, end);
    }

    private static Tensor ReadTensor(Stream stream, TensorEntry entry, ScalarType? convertFloatsTo)
    {
        var tensor = empty(entry.Shape, entry.Type).DetachFromDisposeScope();
        try
        {
            TensorBytes.ReadInto(stream, tensor);
            if (convertFloatsTo is not { } target || target == entry.Type || !tensor.is_floating_point())
                return tensor;
            using (tensor)
                return tensor.to_type(target).DetachFromDisposeScope();
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    private static void Skip(Stream stream, long count, ref byte[] buffer)
    {
        if (count > 0 && buffer.Length == 0)
            buffer = new byte[1 << 16];
        for (; count > 0; count -= Math.Min(count, buffer.Length))
            stream.ReadExactly(buffer, 0, (int)Math.Min(count, buffer.Length));
    }

    private static void Dispose(Dictionary<string, Tensor> tensors)
    {
        foreach (var tensor in tensors.Values)
            tensor.Dispose();
    }
}
