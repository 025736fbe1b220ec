namespace Microsoft.ML.Eva;

/// <summary>A pretrained Decision Transformer adapted to a task: where it comes from and how it is changed, beside what all policies have.</summary>
public sealed class EvaLoraPolicyOptions : PolicyOptions
{
    /// <summary>Makes options with EVA-initialised LoRA and <see cref="TrainingOptions"/>' defaults; the checkpoint must be set.</summary>
    public EvaLoraPolicyOptions()
    {
    }

    /// <summary>Gets or sets the pretrained policy: a folder that <see cref="PolicyTransformer.SaveCheckpoint"/> wrote, or any Decision Transformer in Hugging Face's form, as <see cref="Microsoft.ML.Eva.Checkpoint.FromFolder"/> or <see cref="Microsoft.ML.Eva.Checkpoint.FromHub"/>.</summary>
    /// <value>Must be set. Where it has a <c>policy.json</c>, context, normalisation of states and scale of returns are kept from there.</value>
    public Checkpoint? Checkpoint { get; set; }

    /// <summary>Gets or sets the method of adaptation. By default it changes the linear layers of the GPT-2 blocks; the layer that gives the actions is trained in any case, the embeddings where <see cref="AdapterOptions.TrainedModules"/> names them.</summary>
    /// <value>Default: <see cref="LoraOptions"/> with EVA's initialisation.</value>
    public AdapterOptions Adapter { get; set; } = new LoraOptions();

    /// <inheritdoc/>
    internal override AdapterOptions Method => Adapter;

    private protected override void Validate(OptionsValidator validator)
    {
        base.Validate(validator);
        validator.NotNull(Checkpoint, nameof(Checkpoint));
        validator.NotNull(Adapter, nameof(Adapter))?.Validate(validator);
    }

    private protected override void Detach() => Adapter = Adapter.Clone();
}
