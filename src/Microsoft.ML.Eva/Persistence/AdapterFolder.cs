using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Persistence.Peft;
using Microsoft.ML.Eva.Tensors;

namespace Microsoft.ML.Eva.Persistence;

/// <summary>An adapter in PEFT's folder format: adapter_config.json and adapter_model.safetensors.</summary>
internal static class AdapterFolder
{
    /// <summary>
    /// Seats the folder's adapters in <paramref name="network"/> and puts the modules and biases it holds whole into place. Adapters
    /// of modules without a seat (embeddings, a pooler) are merged into them. A folder that cannot be read leaves the network as it was.
    /// </summary>
    /// <returns>The method and settings, for training on, and the seated adapters, which the network owns.</returns>
    /// <exception cref="InvalidDataException">The folder is broken or does not fit the network; the message names the file, key or tensor.</exception>
    public static (AdapterOptions Options, IReadOnlyList<LayerAdapter> Adapters) Read(string folder, Network network)
    {
        if (network.Adapters.FirstOrDefault() is { } taken)
            throw new InvalidOperationException($"'{taken.Layer.Name}' has an adapter already; merge it first.");
        var config = PeftConfig.Read(folder);
        var method = config.Text("peft_type") ?? throw config.Fault("peft_type", "is missing");
        if (method is not ("LORA" or "ADALORA" or "BOFT" or "VERA"))
            throw config.Fault("peft_type", $"is {config.Show("peft_type")}; known are LORA, ADALORA, BOFT and VERA");
        using var tensors = PeftTensors.Read(folder);
        PeftReader reader = method switch
        {
            "LORA" => new PeftLowRankReader(config, tensors),
            "ADALORA" => new PeftAdaLoraReader(config, tensors),
            "BOFT" => new PeftBoftReader(config, tensors),
            _ => new PeftVeraReader(config, tensors),
        };
        using var scope = TorchSharp.torch.NewDisposeScope();
        var head = ReadHead(folder, network, scope);
        var read = reader.ReadInto(network);
        foreach (var (weight, tensor) in head)
            weight.Replace(tensor.to(weight.Value.dtype, weight.Value.device, copy: true));
        return read;
    }

    private static List<(Weight Weight, TorchSharp.torch.Tensor Tensor)> ReadHead(string folder, Network network, TorchSharp.DisposeScope scope)
    {
        var path = Path.Combine(folder, HeadFile);
        if (!File.Exists(path))
            return [];
        var tensors = SafetensorsReader.ReadFile(path);
        foreach (var tensor in tensors.Values)
            scope.Attach(tensor);
        foreach (var weight in network.Head.Weights)
            if (!tensors.TryGetValue(weight.Name, out var tensor) || !tensor.shape.AsSpan().SequenceEqual(weight.Value.shape))
                throw new InvalidDataException($"{HeadFile} does not fit this network's head: '{weight.Name}' should be [{string.Join(", ", weight.Value.shape)}], found {(tensor is null ? "nothing" : $"[{string.Join(", ", tensor.shape)}]")}.");
        return [.. network.Head.Weights.Select(weight => (weight, tensors[weight.Name]))];
    }

    /// <summary>The head's file beside the two of PEFT, where the head is none that transformers has.</summary>
    public const string HeadFile = "head.safetensors";

    /// <summary>Writes the network's adapters as PEFT 0.21.2 does; files that are there are replaced.</summary>
    /// <param name="folder">The folder; made if it is not there.</param>
    /// <param name="network">The network, its adapters still in their seats.</param>
    /// <param name="options">The method they were trained by.</param>
    /// <param name="isFamilyHead">
    /// Whether the head is the family's own, so that transformers' model for classification can load it (names begin with the
    /// backbone's). Otherwise the adapter is written for the bare encoder, and the head into a file of its own that PEFT ignores.
    /// </param>
    public static void Write(string folder, Network network, AdapterOptions options, bool isFamilyHead)
    {
        using var snapshot = AdapterSnapshot.Of(network, options, isFamilyHead);
        snapshot.Write(folder);
    }
}
