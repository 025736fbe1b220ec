namespace Microsoft.ML.Eva;

/// <summary>All that a training on texts can be told. Every property has a default that works.</summary>
public sealed class EvaLoraTextOptions : EvaLoraOptions
{
    /// <summary>Makes options with their defaults.</summary>
    public EvaLoraTextOptions() : base(Checkpoint.MiniLM)
    {
    }

    /// <summary>Gets or sets the column of texts.</summary>
    /// <value>Default: <c>Sentence1</c>.</value>
    public string Sentence1ColumnName { get; set; } = "Sentence1";

    /// <summary>Gets or sets the column of second texts, for tasks on pairs.</summary>
    /// <value>Default: <see langword="null"/>, single texts.</value>
    public string? Sentence2ColumnName { get; set; }

    /// <summary>Gets or sets the most tokens of a text or pair, special ones included. What is longer is cut: the longer text of a pair first.</summary>
    /// <value>8 to the checkpoint's limit, to which larger values are lowered. Default: 256.</value>
    public int MaxTokens { get; set; } = 256;

    /// <summary>
    /// Gets or sets whether the report keeps the texts of the validation rows the model had most trouble with
    /// (<see cref="TrainingReport.HardRows"/>). They are saved with the model then: think of who may read it.
    /// </summary>
    /// <value>Default: <see langword="false"/>, only the rows' numbers.</value>
    public bool KeepsHardTexts { get; set; }

    private protected override void Validate(OptionsValidator validator)
    {
        base.Validate(validator);
        RequireName(validator, Sentence1ColumnName, nameof(Sentence1ColumnName));
        validator.Require(Sentence2ColumnName != "", nameof(Sentence2ColumnName), "empty", "null or a column's name");
        validator.Range(MaxTokens, 8, int.MaxValue, nameof(MaxTokens));
    }

    /// <inheritdoc cref="EvaLoraOptions.CheckedCopy"/>
    internal EvaLoraTextOptions Snapshot(string parameterName, LearningTask task = LearningTask.Classification) => (EvaLoraTextOptions)CheckedCopy(parameterName, task);
}
