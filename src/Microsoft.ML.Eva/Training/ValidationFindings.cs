namespace Microsoft.ML.Eva.Training;

/// <summary>What a pass over the validation rows found beside the metric.</summary>
/// <param name="Confusion">The pairs of classes that occur, in their order.</param>
/// <param name="HardRows">The rows with the least probability of their class, hardest first; <see cref="HardRow.Row"/> counts within the pass's rows.</param>
internal sealed record ValidationFindings(IReadOnlyList<ConfusionCount> Confusion, IReadOnlyList<HardRow> HardRows);
