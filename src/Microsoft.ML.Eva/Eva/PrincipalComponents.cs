using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Eva;

/// <summary>
/// The leading principal components of the rows seen so far: [k, features] with orthonormal rows, their singular values in
/// descending order, and the sum of squares of all the (centred) rows, discarded components included. Owns its tensor.
/// </summary>
internal sealed class PrincipalComponents(Tensor components, double[] singularValues, double totalScatter, long rowCount) : IDisposable
{
    /// <summary>[k, features], each row's largest entry positive.</summary>
    public Tensor Components { get; } = components.DetachFromDisposeScope();

    /// <summary>Singular values of the (centred) rows, descending.</summary>
    public IReadOnlyList<double> SingularValues { get; } = singularValues;

    /// <summary>Sum of squares of all the (centred) rows.</summary>
    public double TotalScatter { get; } = totalScatter;

    /// <summary>Number of rows behind the components.</summary>
    public long RowCount { get; } = rowCount;

    /// <summary>The same, with a tensor of its own.</summary>
    public PrincipalComponents Copy() => new(Components.clone(), [.. SingularValues], TotalScatter, RowCount);

    /// <summary>The leading <paramref name="count"/> of them, in a tensor of their own. The total stays that of all the rows.</summary>
    /// <exception cref="ArgumentException">There are fewer.</exception>
    public PrincipalComponents Leading(int count)
    {
        if (count > SingularValues.Count)
            throw new ArgumentException($"{count} components are asked for, but {SingularValues.Count} were computed.", nameof(count));
        using var leading = Components.narrow(0, 0, count);
        return new(leading.clone(), [.. SingularValues.Take(count)], TotalScatter, RowCount);
    }

    /// <summary>Which part of the total variance each component explains; zeros where there is none to explain.</summary>
    public double[] ExplainedVarianceRatio() => [.. SingularValues.Select(value => TotalScatter > 0 ? value * value / TotalScatter : 0)];

    /// <summary>The variance along each component: σ²/(M − 1).</summary>
    public double[] ExplainedVariance() => [.. SingularValues.Select(value => value * value / Math.Max(1, RowCount - 1))];

    /// <summary>Turns every row of [k, features] so that its entry of largest magnitude is positive: a component's sign is arbitrary. A fresh tensor.</summary>
    public static Tensor WithPositiveLargestEntries(Tensor components)
    {
        using var scope = NewDisposeScope();
        var largest = components.abs().argmax(1, keepdim: true);
        var values = components.gather(1, largest);
        return components.mul(ones_like(values).copysign(values)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => Components.Dispose();
}
