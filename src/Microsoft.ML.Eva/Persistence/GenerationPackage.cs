using System.Text.Json;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Persistence;

/// <summary>Writes and reads text generators: in a model file as <see cref="GenerationManifest"/> describes it, and as a checkpoint folder in Hugging Face's form.</summary>
internal static class GenerationPackage
{
    /// <summary>Writes the network with its present weights; adapters must have been merged.</summary>
    public static void Write(IModelStreamWriter streams, GenerationManifest manifest, Network network)
    {
        var files = network.Checkpoint.Files.OrderBy(file => file.Key, StringComparer.Ordinal).ToList();
        var written = manifest with { Files = [.. files.Select(file => file.Key)] };
        streams.Write("manifest.json", stream => stream.Write(written.ToJson()));
        for (var i = 0; i < files.Count; i++)
        {
            var content = files[i].Value;
            streams.Write($"file.{i}", stream => stream.Write(content));
        }
        ModelPackage.WriteNetwork(streams, network, manifest.Weights);
    }

    /// <summary>Reads manifest and network, on the device; the caller disposes the network.</summary>
    /// <exception cref="InvalidDataException">The file is broken; the message says where.</exception>
    public static (GenerationManifest Manifest, Network Network) Read(IModelStreamReader streams, Lazy<Device> device)
    {
        var manifest = GenerationManifest.Parse(streams.Read("manifest.json", ModelPackage.ReadAll));
        var content = ModelPackage.ReadContent(streams, manifest.Checkpoint, ModelPackage.ReadFiles(streams, manifest.Files), hasTokenizer: true, device);
        try
        {
            return (manifest, NetworkFactory.CreateLanguageModel(content));
        }
        finally
        {
            content.Release(); // the network holds its own reference
        }
    }

    /// <summary>Writes config.json, model.safetensors and the tokenizer's files; files of these names are replaced, the configuration last.</summary>
    public static void WriteFolder(string folder, Network network)
    {
        Directory.CreateDirectory(folder);
        var family = ModelFamily.Of(new ConfigReader(network.Checkpoint.Config, network.Checkpoint.Name));
        using var scope = NewDisposeScope();
        var tensors = network.AllTensors().ToDictionary(tensor => $"{family.Prefix}.{tensor.Key}", tensor => tensor.Value);
        SafetensorsWriter.WriteFile(Path.Combine(folder, "model.safetensors"), tensors, new Dictionary<string, string> { ["format"] = "pt" });
        foreach (var (name, content) in network.Checkpoint.Files)
            WriteFile(folder, name, content);
        WriteFile(folder, "config.json", JsonSerializer.SerializeToUtf8Bytes(network.Checkpoint.ConfigOfFloat32(), new JsonSerializerOptions { WriteIndented = true }));
    }

    private static void WriteFile(string folder, string name, byte[] content)
    {
        var path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var unfinished = $"{path}.{Guid.NewGuid():n}.tmp";
        try
        {
            File.WriteAllBytes(unfinished, content);
            File.Move(unfinished, path, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }
}
