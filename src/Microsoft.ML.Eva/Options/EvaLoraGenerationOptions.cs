namespace Microsoft.ML.Eva;

/// <summary>All that a text generator's training can be told. Every property has a default that works.</summary>
public sealed class EvaLoraGenerationOptions
{
    /// <summary>Gets or sets the column of prompts.</summary>
    /// <value>Default: <c>Prompt</c>.</value>
    public string PromptColumnName { get; set; } = "Prompt";

    /// <summary>Gets or sets the column of texts that are to be learned. It is read in training only.</summary>
    /// <value>Default: <c>Completion</c>.</value>
    public string CompletionColumnName { get; set; } = "Completion";

    /// <summary>Gets or sets the column of written texts that the model adds.</summary>
    /// <value>Default: <c>GeneratedText</c>.</value>
    public string OutputColumnName { get; set; } = "GeneratedText";

    /// <summary>Gets or sets what is put between a prompt and its completion, in training and in writing, so that the network can tell where its part begins.</summary>
    /// <value>Default: a line break. Empty for completions that go on in the middle of the prompt's last line.</value>
    public string Separator { get; set; } = "\n";

    /// <summary>Gets or sets the pretrained network to start from: a GPT-2.</summary>
    /// <value>Default: <c>openai-community/gpt2</c> of the Hugging Face hub, which is downloaded when the first fit needs it.</value>
    public Checkpoint Checkpoint { get; set; } = Checkpoint.FromHub("openai-community/gpt2");

    /// <summary>
    /// Gets or sets the most tokens of a prompt and its completion in training. What is longer is cut: first the prompt's beginning, of
    /// which a quarter of these tokens stays, then the completion's end; a completion that was cut does not teach how to end.
    /// </summary>
    /// <value>8 to the checkpoint's limit, to which larger values are lowered. Default: 256.</value>
    public int MaxTokens { get; set; } = 256;

    /// <summary>Gets or sets how far targets are moved from certainty: the true token gets the target 1 − s + s/vocabulary and every other one s/vocabulary.</summary>
    /// <value>0 up to, but not including, 1. Default: 0, none; 0.1 is usual.</value>
    public double LabelSmoothing { get; set; }

    /// <summary>Gets or sets how texts are written by the fitted model; it can be changed there with <see cref="EvaGenerationTransformer.Decoding"/>.</summary>
    /// <value>Default: <see cref="GreedyOptions"/>.</value>
    public DecodingOptions Decoding { get; set; } = new GreedyOptions();

    /// <summary>Gets or sets the number format of the weights when the model is saved; it can be changed later with <see cref="EvaGenerationTransformer.SavedWeights"/>.</summary>
    /// <value>Default: <see cref="WeightFormat.Float32"/>.</value>
    public WeightFormat SavedWeights { get; set; }

    /// <summary>Gets or sets the method of adaptation. EVA looks at the completions' tokens only, unless <see cref="EvaOptions.ExcludesUnlabeledTokens"/> is off.</summary>
    /// <value>Default: <see cref="LoraOptions"/> with EVA's initialisation.</value>
    public AdapterOptions Adapter { get; set; } = new LoraOptions();

    /// <summary>Gets or sets epochs, batch size, learning rate and what else rules the training loop.</summary>
    /// <value>Default: <see cref="TrainingOptions"/> with its defaults.</value>
    public TrainingOptions Training { get; set; } = new();

    /// <summary>Gets or sets rows to validate on after every epoch; the weights of the epoch with the lowest perplexity are kept.</summary>
    /// <value>Default: <see langword="null"/>, none. See also <see cref="TrainingOptions.ValidationFraction"/>.</value>
    public IDataView? ValidationSet { get; set; }

    /// <summary>Checks every option and returns a copy that later changes do not reach.</summary>
    /// <exception cref="ArgumentException">With every fault.</exception>
    internal EvaLoraGenerationOptions Snapshot(string parameterName)
    {
        var validator = new OptionsValidator();
        Validate(validator);
        validator.ThrowIfFaulty(parameterName);
        var copy = (EvaLoraGenerationOptions)MemberwiseClone();
        (copy.Adapter, copy.Training, copy.Decoding) = (Adapter.Clone(), Training.Clone(), Decoding.CheckedCopy(parameterName));
        return copy;
    }

    private void Validate(OptionsValidator validator)
    {
        foreach (var (name, value) in new[] { (nameof(PromptColumnName), PromptColumnName), (nameof(CompletionColumnName), CompletionColumnName), (nameof(OutputColumnName), OutputColumnName) })
            validator.Require(!string.IsNullOrEmpty(value), name, "empty", "a column's name");
        validator.NotNull(Separator, nameof(Separator));
        validator.Range(MaxTokens, 8, int.MaxValue, nameof(MaxTokens));
        validator.Require(LabelSmoothing is >= 0 and < 1, nameof(LabelSmoothing), LabelSmoothing, "from 0 to less than 1");
        validator.Require(Enum.IsDefined(SavedWeights), nameof(SavedWeights), SavedWeights, $"one of {string.Join(", ", Enum.GetNames<WeightFormat>())}");
        validator.NotNull(Checkpoint, nameof(Checkpoint));
        validator.NotNull(Decoding, nameof(Decoding))?.Validate(validator);
        validator.NotNull(Adapter, nameof(Adapter))?.Validate(validator);
        validator.Require(Adapter is not HeadOnlyOptions, nameof(Adapter), nameof(HeadOnlyOptions), "a method that changes the network: a language model has no new head that could be trained alone");
        validator.NotNull(Training, nameof(Training))?.Validate(validator);
        validator.Require(Training?.HeadLearningRate is null, nameof(TrainingOptions.HeadLearningRate), Training?.HeadLearningRate, "null: a language model has no head that begins untrained");
    }
}
