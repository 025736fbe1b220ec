using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Eva;

/// <summary>
/// PCA of all rows so far: a <see cref="RowStore"/> forgets nothing, and its leading eigenvectors are found by a full decomposition
/// where that is cheap and otherwise by iterations that start from the components before, roughly while rows come in and
/// exactly when <see cref="Refine"/> asks for it.
/// </summary>
internal sealed class ExactPca(int componentCount, bool isCentered, int seed) : RunningDecomposition
{
    private RowStore? _store;
    private SubspaceSolver? _solver;
    private PrincipalComponents? _current;
    private bool _isRefined;

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
        Take(_solver.Update(_store), _store);
        _isRefined = _solver.IsDirect;
    }

    /// <inheritdoc/>
    public override void Refine()
    {
        if (_isRefined || _store is null)
            return;
        using var scope = NewDisposeScope();
        Take(_solver!.Solve(_store), _store);
        _isRefined = true;
    }

    private void Take((Tensor Values, Tensor Vectors) found, RowStore store)
    {
        // Rounding can leave tiny negative eigenvalues where there is no variance.
        var singularValues = found.Values.to(float64).clamp(min: Scalars.Of(0)).sqrt().div(Scalars.Of(store.Scale)).cpu().data<double>().ToArray();
        _current?.Dispose();
        _current = new PrincipalComponents(
            PrincipalComponents.WithPositiveLargestEntries(found.Vectors.t().to(store.RowType)), singularValues, store.TotalScatter, store.RowCount);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _current?.Dispose();
        _store?.Dispose();
        _solver?.Dispose();
    }
}
