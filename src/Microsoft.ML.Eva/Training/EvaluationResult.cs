namespace Microsoft.ML.Eva.Training;

/// <summary>Loss and metrics over all rows of a set.</summary>
/// <param name="MetricName">What the metric is called.</param>
/// <param name="Metric">The metric that decides which epoch is best.</param>
/// <param name="Loss">The mean loss.</param>
internal sealed record EvaluationResult(string MetricName, double Metric, double Loss)
{
    /// <summary>Metrics that are told as well, by name.</summary>
    public IReadOnlyDictionary<string, double> Further { get; init; } = new Dictionary<string, double>();

    /// <summary>Which rows are hard and which classes are confused; null where nobody asked.</summary>
    public ValidationFindings? Findings { get; init; }

    /// <summary>Whether all numbers are equal.</summary>
    public bool Equals(EvaluationResult? other) => other is not null
        && MetricName == other.MetricName && Metric.Equals(other.Metric) && Loss.Equals(other.Loss) && Further.SequenceEqual(other.Further);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(MetricName, Metric, Loss);
}
