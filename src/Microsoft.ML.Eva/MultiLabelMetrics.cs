namespace Microsoft.ML.Eva;

/// <summary>How well several labels at once are predicted. See <see cref="EvaMultiLabelCatalog.EvaluateMultiLabel"/>.</summary>
/// <param name="MicroF1">F1 of all labels' hits and misses together, from 0 to 1.</param>
/// <param name="MacroF1">The mean F1 of the labels that occur, in truth or prediction: rare labels count as much as frequent ones.</param>
/// <param name="MeanAveragePrecision">The mean, over the labels that occur, of the area under the curve of precision over recall; needs no threshold. NaN where no row has a label.</param>
/// <param name="SubsetAccuracy">The fraction of rows all of whose labels are right.</param>
/// <param name="HammingLoss">The fraction of wrong ones among all labels of all rows; 0 is best.</param>
/// <param name="Rows">The rows measured.</param>
public sealed record MultiLabelMetrics(double MicroF1, double MacroF1, double MeanAveragePrecision, double SubsetAccuracy, double HammingLoss, int Rows);
