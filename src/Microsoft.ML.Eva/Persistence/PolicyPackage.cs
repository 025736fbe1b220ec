using System.Text.Json;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.DecisionTransformer;
using Microsoft.ML.Eva.Data.Trajectories;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Persistence;

/// <summary>Writes and reads policies: in a model file as <see cref="PolicyManifest"/> describes it, and as a checkpoint folder in Hugging Face's form.</summary>
internal static class PolicyPackage
{
    /// <summary>Writes the policy with its present weights; adapters must have been merged.</summary>
    public static void Write(IModelStreamWriter streams, PolicyManifest manifest, PolicySettings settings, Network network)
    {
        streams.Write("manifest.json", stream => stream.Write(manifest.ToJson()));
        streams.Write(PolicySettings.FileName, stream => stream.Write(settings.ToJson()));
        ModelPackage.WriteNetwork(streams, network, manifest.Weights);
    }

    /// <summary>Reads a policy, on the device; the caller disposes the network.</summary>
    /// <exception cref="InvalidDataException">The file is broken; the message says where.</exception>
    public static (PolicyManifest Manifest, PolicySettings Settings, Network Network) Read(IModelStreamReader streams, Lazy<Device> device)
    {
        var manifest = PolicyManifest.Parse(streams.Read("manifest.json", ModelPackage.ReadAll));
        var settings = PolicySettings.Parse(streams.Read(PolicySettings.FileName, ModelPackage.ReadAll), "the model file");
        var content = ModelPackage.ReadContent(streams, manifest.Checkpoint, new Dictionary<string, byte[]>(), hasTokenizer: false, device);
        try
        {
            var network = NetworkFactory.CreatePolicy(content);
            var size = ((DecisionTransformerBackbone)network.Backbone).Config.StateSize;
            if (size == settings.StateSize)
                return (manifest, settings, network);
            network.Dispose();
            throw new InvalidDataException($"The model file's {PolicySettings.FileName} describes states of {settings.StateSize} numbers; its network takes {size}.");
        }
        finally
        {
            content.Release(); // the network holds its own reference
        }
    }

    /// <summary>Writes config.json, model.safetensors and policy.json; files of these names are replaced, the configuration last.</summary>
    public static void WriteFolder(string folder, PolicySettings settings, Network network)
    {
        Directory.CreateDirectory(folder);
        SafetensorsWriter.WriteFile(Path.Combine(folder, "model.safetensors"), network.AllTensors());
        WriteFile(folder, PolicySettings.FileName, settings.ToJson());
        WriteFile(folder, "config.json", JsonSerializer.SerializeToUtf8Bytes(network.Checkpoint.ConfigOfFloat32(), new JsonSerializerOptions { WriteIndented = true }));
    }

    private static void WriteFile(string folder, string name, byte[] content)
    {
        var unfinished = Path.Combine(folder, $"{name}.{Guid.NewGuid():n}.tmp");
        try
        {
            File.WriteAllBytes(unfinished, content);
            File.Move(unfinished, Path.Combine(folder, name), overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }
}
