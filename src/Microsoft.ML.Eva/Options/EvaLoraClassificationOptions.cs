namespace Microsoft.ML.Eva;

/// <summary>What every classifier's training can be told, whatever its rows are made of. Every property has a default that works.</summary>
public abstract class EvaLoraClassificationOptions
{
    private protected EvaLoraClassificationOptions(Checkpoint checkpoint) => Checkpoint = checkpoint;

    /// <summary>Gets or sets the label's column: a key, as <c>Conversion.MapValueToKey</c> makes it. All its values are classes, whether or not the training rows show them.</summary>
    /// <value>Default: <c>Label</c>.</value>
    public string LabelColumnName { get; set; } = "Label";

    /// <summary>Gets or sets the column of probabilities that the model adds, one slot per class.</summary>
    /// <value>Default: <c>Score</c>.</value>
    public string ScoreColumnName { get; set; } = "Score";

    /// <summary>Gets or sets the column of the most probable class that the model adds: a key with the label's values.</summary>
    /// <value>Default: <c>PredictedLabel</c>.</value>
    public string PredictionColumnName { get; set; } = "PredictedLabel";

    /// <summary>Gets or sets the pretrained network to start from.</summary>
    /// <value>Default for texts: <see cref="Checkpoint.MiniLM"/>; for pictures: <see cref="Checkpoint.ResNet18"/>.</value>
    public Checkpoint Checkpoint { get; set; }

    /// <summary>Gets or sets how the network's hidden states become one vector per row.</summary>
    /// <value>Default: <see cref="HeadKind.Auto"/>.</value>
    public HeadKind Head { get; set; } = HeadKind.Auto;

    /// <summary>
    /// Gets or sets whether the classifier of a fine-tuned <see cref="Checkpoint"/> is trained on instead of a new one. Its classes
    /// must be the label's: as many, and the same names where config.json (<c>id2label</c>) has others than LABEL_0, LABEL_1, …; its
    /// outputs are put into the label's order. Otherwise fitting ends in an <see cref="ArgumentException"/> that names both lists.
    /// </summary>
    /// <value>Default: <see langword="false"/>, a new classifier. <see langword="true"/> needs <see cref="Head"/> to be <see cref="HeadKind.Auto"/> or <see cref="HeadKind.Pooler"/>, and both mean the family's own classifier then.</value>
    public bool TakeOverHead { get; set; }

    /// <summary>Gets or sets the number format of the weights when the model is saved; it can be changed later with <see cref="EvaTransformer.SavedWeights"/>. What half the size costs in accuracy stands in docs/checkpoints.md.</summary>
    /// <value>Default: <see cref="WeightFormat.Float32"/>.</value>
    public WeightFormat SavedWeights { get; set; }

    /// <summary>Gets or sets the method of adaptation.</summary>
    /// <value>Default: <see cref="LoraOptions"/> with EVA's initialisation.</value>
    public AdapterOptions Adapter { get; set; } = new LoraOptions();

    /// <summary>Gets or sets epochs, batch size, learning rate and what else rules the training loop.</summary>
    /// <value>Default: <see cref="TrainingOptions"/> with its defaults.</value>
    public TrainingOptions Training { get; set; } = new();

    /// <summary>Gets or sets rows to validate on after every epoch; the best epoch's weights are kept. It needs the same input columns, and the label either as the same kind of key or as its value before <c>MapValueToKey</c>.</summary>
    /// <value>Default: <see langword="null"/>, none. See also <see cref="TrainingOptions.ValidationFraction"/>.</value>
    public IDataView? ValidationSet { get; set; }

    /// <summary>Notes every fault of the options.</summary>
    private protected virtual void Validate(OptionsValidator validator)
    {
        foreach (var (name, value) in new[] { (nameof(LabelColumnName), LabelColumnName), (nameof(ScoreColumnName), ScoreColumnName), (nameof(PredictionColumnName), PredictionColumnName) })
            RequireName(validator, value, name);
        validator.Require(ScoreColumnName != PredictionColumnName, nameof(ScoreColumnName), $"'{ScoreColumnName}'", $"another name than {nameof(PredictionColumnName)}");
        validator.Require(Enum.IsDefined(Head), nameof(Head), Head, $"one of {string.Join(", ", Enum.GetNames<HeadKind>())}");
        validator.Require(!TakeOverHead || Head is HeadKind.Auto or HeadKind.Pooler, nameof(TakeOverHead), $"true with {nameof(Head)} {Head}", $"{nameof(Head)} {HeadKind.Auto} or {HeadKind.Pooler}: a fine-tuned checkpoint has its family's own classifier");
        validator.Require(Enum.IsDefined(SavedWeights), nameof(SavedWeights), SavedWeights, $"one of {string.Join(", ", Enum.GetNames<WeightFormat>())}");
        validator.NotNull(Checkpoint, nameof(Checkpoint));
        validator.NotNull(Adapter, nameof(Adapter))?.Validate(validator);
        validator.NotNull(Training, nameof(Training))?.Validate(validator);
    }

    /// <summary>Notes a fault unless <paramref name="column"/> can name a column.</summary>
    private protected static void RequireName(OptionsValidator validator, string column, string option) =>
        validator.Require(!string.IsNullOrEmpty(column), option, "empty", "a column's name");

    /// <summary>Checks every option and returns a copy that later changes do not reach.</summary>
    /// <exception cref="ArgumentException">With every fault.</exception>
    private protected EvaLoraClassificationOptions CheckedCopy(string parameterName)
    {
        var validator = new OptionsValidator();
        Validate(validator);
        validator.ThrowIfFaulty(parameterName);
        var copy = (EvaLoraClassificationOptions)MemberwiseClone();
        copy.Adapter = Adapter.Clone();
        copy.Training = Training.Clone();
        if (TakeOverHead)
            copy.Head = HeadKind.Pooler;
        return copy;
    }

    /// <summary>A copy with another method and another training.</summary>
    internal EvaLoraClassificationOptions With(AdapterOptions adapter, TrainingOptions training)
    {
        var copy = (EvaLoraClassificationOptions)MemberwiseClone();
        (copy.Adapter, copy.Training) = (adapter.Clone(), training.Clone());
        return copy;
    }
}
