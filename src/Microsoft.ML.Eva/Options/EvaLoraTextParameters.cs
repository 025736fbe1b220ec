using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.Eva;

/// <summary>
/// What AutoML may choose about fine-tuning on texts: a plain class of simple properties whose attributes tell ML.NET's search space
/// their ranges. <c>new SearchSpace&lt;EvaLoraTextParameters&gt;()</c> searches them; properties without an attribute stay as they are set.
/// </summary>
/// <remarks>Numbers that are out of range are brought into it rather than refused, since AutoML gives up an experiment whose first trial throws. The score's column is <c>Score</c>, where AutoML looks for it.</remarks>
public sealed class EvaLoraTextParameters
{
    /// <summary>Gets or sets the (mean) rank of the adapters.</summary>
    /// <value>2 to 32, on a logarithmic scale. Default: 8.</value>
    [Range(2, 32, 8, true)]
    public int Rank { get; set; } = 8;

    /// <summary>Gets or sets how many times its rank a layer may get at most. Without effect on the method <c>lora</c>.</summary>
    /// <value>1 to 3. Default: 2.</value>
    [Range(1.0, 3.0, 2.0, false)]
    public double Rho { get; set; } = 2;

    /// <summary>Gets or sets the highest learning rate.</summary>
    /// <value>0.0001 to 0.01, on a logarithmic scale. Default: 0.001.</value>
    [Range(1e-4, 1e-2, 1e-3, true)]
    public double LearningRate { get; set; } = 1e-3;

    /// <summary>Gets or sets the method: <c>eva</c>, <c>eva_rslora</c> (scaling by alpha/√rank), <c>eva_dora</c> or <c>lora</c> (random start).</summary>
    /// <value>Default: <c>eva</c>.</value>
    [Choice(new object[] { SweptMethodName.Eva, SweptMethodName.EvaRankStabilized, SweptMethodName.EvaDora, SweptMethodName.Lora }, SweptMethodName.Eva)]
    public string Method { get; set; } = SweptMethodName.Eva;

    /// <summary>Gets or sets the number of passes over the training rows.</summary>
    /// <value>1 to 8. Default: 3.</value>
    [Range(1, 8, 3, false)]
    public int Epochs { get; set; } = 3;

    /// <summary>Gets or sets the dropout on the adapters' inputs.</summary>
    /// <value>0 to 0.3. Default: 0.</value>
    [Range(0.0, 0.3, 0.0, false)]
    public double Dropout { get; set; }

    /// <summary>Gets or sets the number of rows that go through the network together.</summary>
    /// <value>Default: 32.</value>
    public int BatchSize { get; set; } = 32;

    /// <summary>Gets or sets the fraction of the training rows on which the best epoch is found; AutoML's own validation rows do not reach the trainer.</summary>
    /// <value>0 (none) to 0.9. Default: 0.</value>
    public double ValidationFraction { get; set; }

    /// <summary>Gets or sets the label's column, a key.</summary>
    /// <value>Default: <c>Label</c>.</value>
    public string LabelColumnName { get; set; } = "Label";

    /// <summary>Gets or sets the column of texts.</summary>
    /// <value>Default: <c>Sentence1</c>.</value>
    public string Sentence1ColumnName { get; set; } = "Sentence1";

    /// <summary>Gets or sets the column of second texts, for tasks on pairs.</summary>
    /// <value>Default: <see langword="null"/>, single texts.</value>
    public string? Sentence2ColumnName { get; set; }

    /// <summary>Gets or sets the most tokens of a text or pair; less than 8 counts as 8.</summary>
    /// <value>Default: 256.</value>
    public int MaxTokens { get; set; } = 256;

    /// <summary>Gets or sets the folder of the checkpoint to start from, as in <see cref="Checkpoint.FromFolder"/>.</summary>
    /// <value>Default: <see langword="null"/>, <see cref="Checkpoint.MiniLM"/>.</value>
    public string? CheckpointFolder { get; set; }

    /// <summary>The trainer's options that these parameters mean.</summary>
    internal EvaLoraTextOptions ToOptions() => new()
    {
        Adapter = SweptMethodName.Create(Method, Rank, Rho, Dropout),
        Training = SweptMethodName.Training(LearningRate, Epochs, BatchSize, ValidationFraction),
        LabelColumnName = LabelColumnName,
        Sentence1ColumnName = Sentence1ColumnName,
        Sentence2ColumnName = Sentence2ColumnName,
        MaxTokens = Math.Max(8, MaxTokens),
        Checkpoint = CheckpointFolder is null ? Checkpoint.MiniLM : Checkpoint.FromFolder(CheckpointFolder),
    };
}
