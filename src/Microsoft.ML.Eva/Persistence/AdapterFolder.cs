using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Persistence.Peft;

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
        return reader.ReadInto(network);
    }
}
