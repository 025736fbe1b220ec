namespace Microsoft.ML.Eva.Eva;

/// <summary>One update of one decomposition.</summary>
/// <param name="Layer">The layer whose input it was.</param>
/// <param name="RowCount">Number of tokens added.</param>
/// <param name="ExplainedVarianceRatio">Of each component, afterwards.</param>
/// <param name="Similarities">Of each component with its value before; empty for the first update.</param>
internal sealed record LayerUpdate(string Layer, long RowCount, IReadOnlyList<double> ExplainedVarianceRatio, IReadOnlyList<double> Similarities);

/// <summary>What one mini-batch of the warm-up changed.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Updates">The decompositions it brought up to date, in the order in which the layers compute.</param>
/// <param name="Ranks">Each planned layer's rank afterwards; null until every layer has components.</param>
/// <param name="StableLayers">How many planned layers' components are stable.</param>
/// <param name="MeanSimilarity">Mean similarity over the components in use of the layers updated; NaN before the second update.</param>
internal sealed record EvaPass(int Number, IReadOnlyList<LayerUpdate> Updates, IReadOnlyList<int>? Ranks, int StableLayers, double MeanSimilarity);
