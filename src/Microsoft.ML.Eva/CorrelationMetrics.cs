namespace Microsoft.ML.Eva;

/// <summary>How well a regression's scores follow the labels, whatever their scale. See <see cref="EvaRegressionCatalog.EvaluateCorrelation"/>.</summary>
/// <param name="PearsonCorrelation">Pearson's correlation of scores and labels, from −1 to 1; NaN where one of them is constant.</param>
/// <param name="SpearmanCorrelation">Spearman's correlation: Pearson's of the ranks, where equal values share the mean of their ranks; NaN where one side is constant.</param>
/// <param name="Rows">The rows that were compared.</param>
public sealed record CorrelationMetrics(double PearsonCorrelation, double SpearmanCorrelation, int Rows);
