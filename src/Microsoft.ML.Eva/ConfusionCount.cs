namespace Microsoft.ML.Eva;

/// <summary>How many validation rows of one class were predicted as one class.</summary>
/// <param name="Actual">The rows' class, an index into <see cref="TrainingReport.Classes"/>.</param>
/// <param name="Predicted">The predicted class, an index into <see cref="TrainingReport.Classes"/>.</param>
/// <param name="Rows">The number of rows, at least 1.</param>
public sealed record ConfusionCount(int Actual, int Predicted, long Rows);
