namespace Microsoft.ML.Eva;

/// <summary>How a pretrained network is adapted: which layers change, and by which method. The type is the method.</summary>
/// <remarks>Use <see cref="LoraOptions"/> for low-rank adaptation.</remarks>
public abstract class AdapterOptions
{
    private protected AdapterOptions()
    {
    }

    /// <summary>Gets or sets the layers to adapt: names (<c>encoder.layer.0.attention.self.query</c>) or last parts of names (<c>query</c>).</summary>
    /// <value>Default: <see langword="null"/>, all linear layers of the encoder. The classification head is never adapted; it is trained as it is.</value>
    public IReadOnlyList<string>? TargetLayers { get; set; }

    internal virtual void Validate(OptionsValidator validator)
    {
        if (TargetLayers is not null)
            validator.Require(TargetLayers.Count > 0 && TargetLayers.All(name => !string.IsNullOrWhiteSpace(name)), nameof(TargetLayers), "an empty list or name", "null for all linear layers, or at least one name");
    }

    internal abstract AdapterOptions Clone();
}
