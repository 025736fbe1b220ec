namespace Microsoft.ML.Eva;

/// <summary>How a pretrained network is adapted: which layers change, and by which method. The type is the method.</summary>
/// <remarks>
/// <see cref="LoraOptions"/>, <see cref="DoraOptions"/>, <see cref="AdaLoraOptions"/>, <see cref="BoftOptions"/>,
/// <see cref="VeraOptions"/>, <see cref="FullFineTuningOptions"/>, <see cref="HeadOnlyOptions"/>.
/// </remarks>
public abstract class AdapterOptions
{
    private protected AdapterOptions()
    {
    }

    /// <summary>Gets or sets the layers to adapt: names (<c>encoder.layer.0.attention.self.query</c>) or last parts of names (<c>query</c>); <c>*</c> stands for any characters.</summary>
    /// <value>Default: <see langword="null"/>, all linear layers of the encoder. The classification head is never adapted; it is trained as it is.</value>
    public IReadOnlyList<string>? TargetLayers { get; set; }

    /// <summary>Gets or sets the layers that stay as they are although <see cref="TargetLayers"/> names them; written like those.</summary>
    /// <value>Default: <see langword="null"/>, none.</value>
    public IReadOnlyList<string>? ExcludedLayers { get; set; }

    /// <summary>Gets or sets modules of the network whose weights and biases are trained in full beside the adapters: names, or last parts of names (<c>LayerNorm</c>, <c>pooler.dense</c>).</summary>
    /// <value>Default: <see langword="null"/>, none. The head is trained anyway.</value>
    public IReadOnlyList<string>? TrainedModules { get; set; }

    /// <summary>Gets or sets which of the pretrained biases are trained beside the adapters.</summary>
    /// <value>Default: <see cref="BiasTraining.None"/>.</value>
    public BiasTraining Biases { get; set; }

    /// <summary>What the adapters start from, for methods that leave a choice.</summary>
    internal virtual InitializationOptions? Start => null;

    internal virtual void Validate(OptionsValidator validator)
    {
        validator.Names(TargetLayers, nameof(TargetLayers));
        validator.Names(ExcludedLayers, nameof(ExcludedLayers));
        validator.Names(TrainedModules, nameof(TrainedModules));
        validator.Require(Enum.IsDefined(Biases), nameof(Biases), Biases, "one of the values of BiasTraining");
    }

    /// <summary>A copy that shares nothing with this object.</summary>
    internal virtual AdapterOptions Clone()
    {
        var clone = (AdapterOptions)MemberwiseClone();
        clone.TargetLayers = TargetLayers?.ToArray();
        clone.ExcludedLayers = ExcludedLayers?.ToArray();
        clone.TrainedModules = TrainedModules?.ToArray();
        return clone;
    }
}
