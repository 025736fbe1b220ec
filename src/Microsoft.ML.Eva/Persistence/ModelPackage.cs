using System.Buffers.Binary;
using System.Text.Json;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Persistence;

/// <summary>Writes and reads a network with all that scoring needs. The format is described at <see cref="ModelManifest"/>.</summary>
internal static class ModelPackage
{
    private const long LargestSmallFile = 256 << 20;

    /// <summary>Writes the network with its present weights; what adapters in their seats learned is merged in the file.</summary>
    public static void Write(IModelStreamWriter streams, ModelManifest manifest, Network network)
    {
        var files = network.Checkpoint.Files;
        var written = manifest with { Files = [.. files.Keys.Order(StringComparer.Ordinal)] };
        streams.Write("manifest.json", stream => stream.Write(written.ToJson()));
        for (var i = 0; i < written.Files.Count; i++)
        {
            var content = files[written.Files[i]];
            streams.Write($"file.{i}", stream => stream.Write(content));
        }
        WriteNetwork(streams, network, manifest.Weights);
    }

    /// <summary>Writes the network's configuration and present weights.</summary>
    public static void WriteNetwork(IModelStreamWriter streams, Network network, WeightFormat format)
    {
        streams.Write("config.json", stream => stream.Write(JsonSerializer.SerializeToUtf8Bytes(network.Checkpoint.Config)));
        // A zip entry's stream has no length, so the number of bytes goes first.
        using var scope = NewDisposeScope();
        var weights = network.AllTensors();
        var types = weights.ToDictionary(weight => weight.Key, weight => SavedType(weight.Value, format));
        streams.Write("weights.safetensors", stream =>
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, SafetensorsWriter.Length(weights, types: types));
            stream.Write(length);
            SafetensorsWriter.Write(stream, weights, types: types);
        });
    }

    /// <summary>Reads the manifest.</summary>
    /// <exception cref="InvalidDataException">It is broken or missing.</exception>
    public static ModelManifest ReadManifest(IModelStreamReader streams) => ModelManifest.Parse(streams.Read("manifest.json", ReadAll));

    /// <summary>Reads the network that the manifest describes, on the device; the caller disposes it.</summary>
    /// <exception cref="InvalidDataException">The file is broken; the message says where.</exception>
    public static Network ReadNetwork(IModelStreamReader streams, ModelManifest manifest, Lazy<Device> device)
    {
        var hasTokenizer = ModelTasks.Parse(manifest.Task).Modality == ModelTasks.Text;
        var content = ReadContent(streams, manifest.Checkpoint, ReadFiles(streams, manifest.Files), hasTokenizer, device);
        try
        {
            return CreateNetwork(content, manifest);
        }
        finally
        {
            content.Release(); // the network holds its own reference
        }
    }

    /// <summary>Reads the checkpoint's small files.</summary>
    public static Dictionary<string, byte[]> ReadFiles(IModelStreamReader streams, IReadOnlyList<string> names)
    {
        var files = new Dictionary<string, byte[]>();
        for (var i = 0; i < names.Count; i++)
            files[names[i]] = streams.Read($"file.{i}", ReadAll);
        return files;
    }

    /// <summary>
    /// Reads what <see cref="WriteNetwork"/> wrote, with one reference that is the caller's. The device is asked for after all that
    /// needs none (the tokenizer is made, and ML.NET unpacks the weights, before a tensor is), so that libtorch may load meanwhile (<see cref="NativeTorch.BeginLoading"/>).
    /// </summary>
    public static CheckpointContent ReadContent(IModelStreamReader streams, string name, IReadOnlyDictionary<string, byte[]> files, bool hasTokenizer, Lazy<Device> device)
    {
        var config = ParseConfig(streams.Read("config.json", ReadAll));
        var tokenizer = hasTokenizer ? TokenizerStore.Acquire(name, config, files) : null;
        var tensors = streams.Read("weights.safetensors", stream =>
        {
            _ = device.Value;
            return ReadWeights(stream);
        });
        return new CheckpointContent { Name = name, Config = config, Tensors = tensors, Files = files, KnownTokenizer = tokenizer }.MoveTo(device.Value);
    }

    // No new layers are drawn: the whole head must be in the file, so that a wrong number of outputs takes no memory.
    private static Network CreateNetwork(CheckpointContent content, ModelManifest manifest)
    {
        var network = NetworkFactory.Create(content, manifest.Head, manifest.Outputs, initialization: null, takeOverHead: true);
        if (network.Backbone.MaxTokens is not { } most || manifest.MaxTokens <= most)
            return network;
        network.Dispose();
        throw new InvalidDataException($"The model file's manifest.json gives {manifest.MaxTokens} tokens; its network reads at most {most}.");
    }

    private static JsonElement ParseConfig(byte[] json)
    {
        try
        {
            using var document = UntrustedJson.Parse(json);
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The model file's config.json is broken: {e.Message}", e);
        }
    }

    private static ScalarType SavedType(Tensor weight, WeightFormat format)
    {
        if (format == WeightFormat.Float32 || weight.dtype != ScalarType.Float32)
            return weight.dtype;
        if (format == WeightFormat.BFloat16)
            return ScalarType.BFloat16;
        using var scope = NewDisposeScope();
        return weight.numel() == 0 || weight.detach().abs().max().item<float>() <= (float)Half.MaxValue ? ScalarType.Float16 : ScalarType.Float32;
    }

    private static Dictionary<string, Tensor> ReadWeights(Stream stream)
    {
        Span<byte> prefix = stackalloc byte[8];
        if (stream.ReadAtLeast(prefix, 8, throwOnEndOfStream: false) < 8)
            throw new InvalidDataException("The model file's weights.safetensors is cut off.");
        // ML.NET unpacks an entry to memory or disk before it gives it away: what is there is known, and no claim beyond it is believed.
        var (claimed, there) = (BinaryPrimitives.ReadInt64LittleEndian(prefix), stream.Length - stream.Position);
        if (claimed != there)
            throw new InvalidDataException($"The model file's weights.safetensors claims {claimed} bytes and has {there}.");
        return SafetensorsReader.Read(stream, there, "the model file's weights.safetensors", convertFloatsTo: ScalarType.Float32);
    }

    /// <summary>All bytes of a small file.</summary>
    public static byte[] ReadAll(Stream stream)
    {
        using var memory = new MemoryStream();
        var buffer = new byte[1 << 16];
        for (int count; (count = stream.Read(buffer)) > 0;)
        {
            memory.Write(buffer, 0, count);
            if (memory.Length > LargestSmallFile)
                throw new InvalidDataException($"The model file holds a small file of more than {LargestSmallFile >> 20} MiB.");
        }
        return memory.ToArray();
    }
}
