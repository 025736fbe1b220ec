using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Training.Metrics;

/// <summary>How well outputs meet labels, summed up over batches.</summary>
internal abstract class Metric
{
    /// <summary>What the number is called, e.g. <c>Accuracy</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The value over everything added so far.</summary>
    public abstract double Value { get; }

    /// <summary>Whether more is better.</summary>
    public virtual bool IsHigherBetter => true;

    /// <summary>Adds a batch's outputs (logits, or numbers) and labels.</summary>
    public abstract void Add(Tensor outputs, Tensor labels);

    /// <summary>Whether <paramref name="value"/> is better than <paramref name="best"/>; an undefined value never is.</summary>
    public bool IsBetter(double value, double? best) =>
        !double.IsNaN(value) && (best is null || (IsHigherBetter ? value > best : value < best));
}
