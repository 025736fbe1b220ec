using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Training.Metrics;

/// <summary>A metric that compares numbers.</summary>
internal sealed class RegressionMetric : Metric
{
    private readonly Func<double[], double[], double> _compute;
    private readonly List<double> _outputs = [];
    private readonly List<double> _labels = [];

    private RegressionMetric(string name, bool isHigherBetter, Func<double[], double[], double> compute) =>
        (Name, IsHigherBetter, _compute) = (name, isHigherBetter, compute);

    /// <summary>Pearson's correlation; NaN where one side is constant.</summary>
    public static RegressionMetric Pearson() => new("PearsonCorrelation", true, Correlation.Pearson);

    /// <summary>Spearman's rank correlation, mean ranks for ties; NaN where one side is constant.</summary>
    public static RegressionMetric Spearman() => new("SpearmanCorrelation", true, Correlation.Spearman);

    /// <summary>The mean squared error.</summary>
    public static RegressionMetric MeanSquaredError() =>
        new("MeanSquaredError", false, (outputs, labels) => outputs.Zip(labels, (o, l) => (o - l) * (o - l)).DefaultIfEmpty(double.NaN).Average());

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override bool IsHigherBetter { get; }

    /// <inheritdoc/>
    public override double Value => _compute([.. _outputs], [.. _labels]);

    /// <inheritdoc/>
    public override void Add(Tensor outputs, Tensor labels)
    {
        using var scope = NewDisposeScope();
        _outputs.AddRange(outputs.reshape(-1).to(float64).cpu().data<double>().ToArray());
        _labels.AddRange(labels.reshape(-1).to(float64).cpu().data<double>().ToArray());
    }
}
