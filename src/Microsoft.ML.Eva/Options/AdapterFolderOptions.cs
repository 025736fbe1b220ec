namespace Microsoft.ML.Eva;

/// <summary>
/// Training goes on from an adapter in PEFT's folder format (<c>adapter_config.json</c>, <c>adapter_model.safetensors</c>), whoever
/// wrote it. Method, layers, ranks, scaling and what is trained beside the adapters are what the folder says; a head that the folder
/// holds is the head's start.
/// </summary>
public sealed class AdapterFolderOptions : AdapterOptions
{
    /// <summary>Gets or sets the folder, which belongs to the checkpoint that training starts from.</summary>
    /// <value>A folder with <c>adapter_config.json</c>. It must be set.</value>
    public string Folder { get; set; } = "";

    internal override void Validate(OptionsValidator validator)
    {
        base.Validate(validator);
        validator.Require(!string.IsNullOrWhiteSpace(Folder) && File.Exists(Path.Combine(Folder, "adapter_config.json")), nameof(Folder), $"'{Folder}'", "a folder with adapter_config.json");
        const string reason = "left alone with AdapterFolderOptions: the folder says it";
        validator.Require(TargetLayers is null, nameof(TargetLayers), "set", reason);
        validator.Require(ExcludedLayers is null, nameof(ExcludedLayers), "set", reason);
        validator.Require(TrainedModules is null, nameof(TrainedModules), "set", reason);
        validator.Require(Biases == BiasTraining.None, nameof(Biases), Biases, reason);
    }
}
