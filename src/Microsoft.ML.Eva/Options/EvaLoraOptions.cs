namespace Microsoft.ML.Eva;

/// <summary>What every training can be told, whatever its rows are made of and whatever is learned from them. Every property has a default that works.</summary>
public abstract class EvaLoraOptions
{
    private const string StandardPredictionColumn = "PredictedLabel";

    private protected EvaLoraOptions(Checkpoint checkpoint) => Checkpoint = checkpoint;

    /// <summary>
    /// Gets or sets the label's column. For classification: a key, as <c>Conversion.MapValueToKey</c> makes it; all its values are
    /// classes, whether or not the training rows show them. For regression: a number of any of ML.NET's types. For several labels at
    /// once: a vector of booleans of known size, whose slot names are the labels' names.
    /// </summary>
    /// <value>Default: <c>Label</c>.</value>
    public string LabelColumnName { get; set; } = "Label";

    /// <summary>Gets or sets the column of scores that the model adds. For classification: probabilities, one slot per class or label. For regression: the number.</summary>
    /// <value>Default: <c>Score</c>.</value>
    public string ScoreColumnName { get; set; } = "Score";

    /// <summary>Gets or sets the column of the most probable class that the model adds: a key with the label's values. For several labels at once: a vector of booleans. Regression adds none.</summary>
    /// <value>Default: <c>PredictedLabel</c>.</value>
    public string PredictionColumnName { get; set; } = StandardPredictionColumn;

    /// <summary>
    /// Gets or sets a column that says how much each training row counts: a number of at least 0; 2 counts like the row twice. Rows
    /// where it is missing (NaN) are left out and counted in a warning. Validation rows all count the same.
    /// </summary>
    /// <value>Default: <see langword="null"/>, all rows count the same.</value>
    public string? ExampleWeightColumnName { get; set; }

    /// <summary>Gets or sets how much the classes count. Refused for regression, which has none.</summary>
    /// <value>Default: <see langword="null"/>, all rows count the same. <see cref="ClassWeights.Balanced"/>, or <see cref="ClassWeights.Of"/>.</value>
    public ClassWeights? ClassWeights { get; set; }

    /// <summary>
    /// Gets or sets how far targets are moved from certainty, which keeps a model from being surer than its labels are: the true class
    /// gets the target 1 − s + s/classes and every other one s/classes; of several labels at once each gets 1 − s/2 or s/2. Refused for regression.
    /// </summary>
    /// <value>0 up to, but not including, 1. Default: 0, none; 0.1 is usual.</value>
    public double LabelSmoothing { get; set; }

    /// <summary>Gets or sets the probability from which a label is predicted. Only for several labels at once; refused elsewhere.</summary>
    /// <value>Greater than 0 and less than 1. Default: <see langword="null"/>, 0.5.</value>
    public double? Threshold { get; set; }

    /// <summary>
    /// Gets or sets whether a regression's numbers are learned at mean 0 and deviation 1. Scores are on the labels' own scale either way. Switched off, numbers are learned as they are,
    /// as most Python scripts do: only for labels of some units around 0, such as grades from 0 to 5; others take far too many steps to reach. Refused for classification.
    /// </summary>
    /// <value>Default: <see langword="true"/>.</value>
    public bool StandardizesLabels { get; set; } = true;

    /// <summary>Gets or sets the pretrained network to start from.</summary>
    /// <value>Default for texts: <see cref="Checkpoint.MiniLM"/>; for pictures: <see cref="Checkpoint.ResNet18"/>.</value>
    public Checkpoint Checkpoint { get; set; }

    /// <summary>Gets or sets how the network's hidden states become one vector per row.</summary>
    /// <value>Default: <see cref="HeadKind.Auto"/>.</value>
    public HeadKind Head { get; set; } = HeadKind.Auto;

    /// <summary>
    /// Gets or sets whether the classifier of a fine-tuned <see cref="Checkpoint"/> is trained on instead of a new one. Its classes
    /// must be the label's: as many, and the same names where config.json (<c>id2label</c>) has others than LABEL_0, LABEL_1, …; its
    /// outputs are put into the label's order. For regression it must have one output. Otherwise fitting ends in an <see cref="ArgumentException"/> that names both lists.
    /// </summary>
    /// <value>Default: <see langword="false"/>, a new classifier. <see langword="true"/> needs <see cref="Head"/> to be <see cref="HeadKind.Auto"/> or <see cref="HeadKind.Pooler"/>, and both mean the family's own classifier then.</value>
    public bool TakeOverHead { get; set; }

    /// <summary>Gets or sets the number format of the weights when the model is saved; it can be changed later with <see cref="EvaTransformer.SavedWeights"/>. What half the size costs in accuracy stands in docs/checkpoints.md.</summary>
    /// <value>Default: <see cref="WeightFormat.Float32"/>.</value>
    public WeightFormat SavedWeights { get; set; }

    /// <summary>
    /// Gets or sets whether what the adapter learned is merged into the layers' weights at the end. Merged, scoring is fastest, and each
    /// model has its own copy of the adapted layers. Otherwise the models of one checkpoint in a process share all its weights and add
    /// their small adapters to them, at some more time per row (docs/serving.md). A saved model is merged either way.
    /// </summary>
    /// <value>Default: <see langword="true"/>.</value>
    public bool MergesAdapter { get; set; } = true;

    /// <summary>Gets or sets the method of adaptation.</summary>
    /// <value>Default: <see cref="LoraOptions"/> with EVA's initialisation.</value>
    public AdapterOptions Adapter { get; set; } = new LoraOptions();

    /// <summary>Gets or sets epochs, batch size, learning rate and what else rules the training loop.</summary>
    /// <value>Default: <see cref="TrainingOptions"/> with its defaults.</value>
    public TrainingOptions Training { get; set; } = new();

    /// <summary>Gets or sets rows to validate on after every epoch; the best epoch's weights are kept. It needs the same input columns and the label; for classification either as the same kind of key or as its value before <c>MapValueToKey</c>.</summary>
    /// <value>Default: <see langword="null"/>, none. See also <see cref="TrainingOptions.ValidationFraction"/>.</value>
    public IDataView? ValidationSet { get; set; }

    /// <summary>Notes every fault that the options have whatever is learned.</summary>
    private protected virtual void Validate(OptionsValidator validator)
    {
        foreach (var (name, value) in new[] { (nameof(LabelColumnName), LabelColumnName), (nameof(ScoreColumnName), ScoreColumnName), (nameof(PredictionColumnName), PredictionColumnName) })
            RequireName(validator, value, name);
        validator.Require(ScoreColumnName != PredictionColumnName, nameof(ScoreColumnName), $"'{ScoreColumnName}'", $"another name than {nameof(PredictionColumnName)}");
        validator.Require(Enum.IsDefined(Head), nameof(Head), Head, $"one of {string.Join(", ", Enum.GetNames<HeadKind>())}");
        validator.Require(!TakeOverHead || Head is HeadKind.Auto or HeadKind.Pooler, nameof(TakeOverHead), $"true with {nameof(Head)} {Head}", $"{nameof(Head)} {HeadKind.Auto} or {HeadKind.Pooler}: a fine-tuned checkpoint has its family's own classifier");
        validator.Require(Enum.IsDefined(SavedWeights), nameof(SavedWeights), SavedWeights, $"one of {string.Join(", ", Enum.GetNames<WeightFormat>())}");
        validator.Require(ExampleWeightColumnName != "", nameof(ExampleWeightColumnName), "empty", "null or a column's name");
        validator.Require(LabelSmoothing is >= 0 and < 1, nameof(LabelSmoothing), LabelSmoothing, "from 0 to less than 1");
        validator.Require(Threshold is null or (> 0 and < 1), nameof(Threshold), Threshold, "null, or greater than 0 and less than 1");
        validator.NotNull(Checkpoint, nameof(Checkpoint));
        validator.NotNull(Adapter, nameof(Adapter))?.Validate(validator);
        validator.NotNull(Training, nameof(Training))?.Validate(validator);
    }

    // Options that would mean nothing are refused rather than passed over in silence.
    private void ValidateFor(LearningTask task, OptionsValidator validator)
    {
        validator.Require(Threshold is null || task == LearningTask.MultiLabel, nameof(Threshold), Threshold, task == LearningTask.Regression
            ? "left alone for regression: a number needs none"
            : "left alone for classes that exclude each other: the most probable one is predicted");
        validator.Require(StandardizesLabels || task == LearningTask.Regression, nameof(StandardizesLabels), StandardizesLabels, "left alone for classification: classes are no numbers");
        if (task != LearningTask.Regression)
            return;
        validator.Require(PredictionColumnName == StandardPredictionColumn, nameof(PredictionColumnName), $"'{PredictionColumnName}'", "left alone for regression: its number is in the column of scores, and there is no other");
        validator.Require(ClassWeights is null, nameof(ClassWeights), "set", $"left alone for regression: numbers have no classes; {nameof(ExampleWeightColumnName)} weighs rows");
        validator.Require(LabelSmoothing == 0, nameof(LabelSmoothing), LabelSmoothing, "left alone for regression: numbers have no classes between which to smooth");
    }

    /// <summary>Notes a fault unless <paramref name="column"/> can name a column.</summary>
    private protected static void RequireName(OptionsValidator validator, string column, string option) =>
        validator.Require(!string.IsNullOrEmpty(column), option, "empty", "a column's name");

    /// <summary>Checks every option and returns a copy that later changes do not reach.</summary>
    /// <exception cref="ArgumentException">With every fault.</exception>
    private protected EvaLoraOptions CheckedCopy(string parameterName, LearningTask task)
    {
        var validator = new OptionsValidator();
        Validate(validator);
        ValidateFor(task, validator);
        validator.ThrowIfFaulty(parameterName);
        var copy = (EvaLoraOptions)MemberwiseClone();
        copy.Adapter = Adapter.Clone();
        copy.Training = Training.Clone();
        if (TakeOverHead)
            copy.Head = HeadKind.Pooler;
        return copy;
    }

    /// <summary>A copy with another method and another training.</summary>
    internal EvaLoraOptions With(AdapterOptions adapter, TrainingOptions training)
    {
        var copy = (EvaLoraOptions)MemberwiseClone();
        (copy.Adapter, copy.Training) = (adapter.Clone(), training.Clone());
        return copy;
    }
}
