using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Eva;

/// <summary>
/// PCA of all rows so far, exact to rounding: a <see cref="RowStore"/> forgets nothing, and its leading eigenvectors are found by a
/// full decomposition where that is cheap and otherwise by iterations that start from the components before.
/// </summary>
internal sealed class ExactPca(int componentCount, bool isCentered, int seed) : RunningDecomposition
{
    private RowStore? _store;
    private SubspaceSolver? _solver;
    private PrincipalComponents? _current;

    /// <inheritdoc/>
    public override PrincipalComponents? Current => _current;

    /// <inheritdoc/>
    public override void Add(Tensor rows)
    {
        using var scope = NewDisposeScope();
        var features = rows.shape[1];
        if (componentCount > features)
            throw new ArgumentException($"{componentCount} components do not exist in rows of {features} features.");
        _solver ??= new SubspaceSolver(componentCount, features, seed);
        _store ??= new RowStore(rows, isCentered, productWidth: _solver.Width, keepsMatrix: _solver.IsDirect);
        if (_store.Features != features)
            throw new ArgumentException($"Rows have {features} features, those before had {_store.Features}.");
        _store.Add(rows);

        var (values, vectors) = _solver.Solve(_store);
        // Rounding can leave tiny negative eigenvalues where there is no variance.
        var singularValues = values.to(float64).clamp(min: 0).sqrt().div(_store.Scale).cpu().data<double>().ToArray();
        _current?.Dispose();
        _current = new PrincipalComponents(
            PrincipalComponents.WithPositiveLargestEntries(vectors.t()), singularValues, _store.TotalScatter, _store.RowCount);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _current?.Dispose();
        _store?.Dispose();
        _solver?.Dispose();
    }
}
