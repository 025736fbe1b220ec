using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Eva;

/// <summary>
/// Incremental PCA (Ross et al. 2008) as scikit-learn and PEFT do it: the leading components, weighted by their singular values,
/// stand for all earlier rows. One decomposition per mini-batch of the stack of both.
/// </summary>
internal sealed class IncrementalPca : RunningDecomposition
{
    private readonly RandomizedSvd? _randomized;
    private readonly bool _isCentered;
    private int? _componentCount;
    private PrincipalComponents? _current;

    /// <summary>Keeps <paramref name="componentCount"/> components (null: as many as the first mini-batch has), found by full decompositions or by <paramref name="randomized"/> ones.</summary>
    public IncrementalPca(int? componentCount, bool isCentered = true, RandomizedSvd? randomized = null) =>
        (_componentCount, _isCentered, _randomized) = (componentCount, isCentered, randomized);

    /// <inheritdoc/>
    public override PrincipalComponents? Current => _current;

    /// <summary>Mean of all rows so far [features], float64; null before the first.</summary>
    public Tensor? Mean { get; private set; }

    /// <summary>Mean squared deviation of all rows so far from <see cref="Mean"/> (from 0 if not centred) [features], float64; null before the first.</summary>
    public Tensor? Variance { get; private set; }

    /// <inheritdoc/>
    public override void Add(Tensor rows)
    {
        using var scope = NewDisposeScope();
        var (count, features) = (rows.shape[0], rows.shape[1]);
        var kept = _componentCount ??= (int)Math.Min(count, features);
        RequireUsable(count, features, kept);

        var precise = rows.to(float64);
        var batchMean = _isCentered ? precise.mean([0L], false, float64) : zeros(features, dtype: float64, device: rows.device);
        var stack = _current is null ? rows - batchMean.to(rows.dtype) : Stack(precise, batchMean, _current);
        var (values, vectors) = _randomized is null ? FullSvd(stack) : _randomized.Decompose(stack, 2 * kept);

        UpdateMoments(precise, batchMean);
        var rowCount = (_current?.RowCount ?? 0) + count;
        var next = new PrincipalComponents(
            PrincipalComponents.WithPositiveLargestEntries(vectors.narrow(0, 0, kept)),
            values.narrow(0, 0, kept).to(float64).cpu().data<double>().ToArray(),
            Variance!.sum().item<double>() * rowCount,
            rowCount);
        _current?.Dispose();
        _current = next;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _current?.Dispose();
        Mean?.Dispose();
        Variance?.Dispose();
    }

    private void RequireUsable(long count, long features, int kept)
    {
        if (kept > features)
            throw new ArgumentException($"{kept} components do not exist in rows of {features} features.");
        if (_current is null && count < kept)
            throw new ArgumentException($"The first mini-batch has {count} rows, fewer than the {kept} components.");
        if (_current is not null && _current.Components.shape[1] != features)
            throw new ArgumentException($"Rows have {features} features, those before had {_current.Components.shape[1]}.");
    }

    // Earlier rows as weighted components, the new rows, and one row for the distance between the means.
    private Tensor Stack(Tensor rows, Tensor batchMean, PrincipalComponents before)
    {
        var values = tensor(before.SingularValues.ToArray(), dtype: float64, device: rows.device);
        var earlier = before.Components.to(float64) * values.unsqueeze(1);
        if (!_isCentered)
            return cat([earlier, rows]);
        double seen = before.RowCount, added = rows.shape[0];
        var correction = (Mean! - batchMean).Times(Math.Sqrt(seen / (seen + added) * added));
        return cat([earlier, rows - batchMean, correction.unsqueeze(0)]);
    }

    private static (Tensor Values, Tensor Vectors) FullSvd(Tensor stack)
    {
        var (_, values, vectors) = linalg.svd(stack, fullMatrices: false);
        return (values, vectors);
    }

    // Chan et al. 1979: two groups' means and scatters join without a difference of large numbers.
    private void UpdateMoments(Tensor rows, Tensor batchMean)
    {
        double seen = _current?.RowCount ?? 0, added = rows.shape[0], total = seen + added;
        var scatter = (rows - batchMean).pow(Scalars.Of(2)).sum([0L]);
        if (Mean is not null)
            scatter = scatter.Plus(Variance!.Times(seen)).Plus((Mean - batchMean).pow(Scalars.Of(2)).Times(seen * added / total));
        var mean = Mean is null ? batchMean.clone() : Mean.Times(seen).Plus(batchMean.Times(added)).Over(total);
        Mean?.Dispose();
        Variance?.Dispose();
        (Mean, Variance) = (mean.DetachFromDisposeScope(), scatter.Over(total).DetachFromDisposeScope());
    }
}
