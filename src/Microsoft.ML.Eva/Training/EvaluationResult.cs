namespace Microsoft.ML.Eva.Training;

/// <summary>Loss and metric over all rows of a set.</summary>
internal sealed record EvaluationResult(string MetricName, double Metric, double Loss);
