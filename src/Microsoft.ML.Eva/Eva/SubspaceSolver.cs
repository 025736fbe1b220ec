using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Eva;

/// <summary>
/// The leading eigenvectors of a scatter matrix that grows: block Lanczos steps with Rayleigh–Ritz, started from the vectors
/// found last time; a full decomposition where the matrix is small. A few more vectors than asked for are carried along,
/// because iterations converge by the distance to the first one left out. While rows still come in, a rough answer does
/// (<see cref="Update"/>): the next rows change it by more than it lacks. <see cref="Solve"/> gives the accurate one.
/// </summary>
internal sealed class SubspaceSolver : IDisposable
{
    private const int MostSteps = 40;
    // Relative to a component's eigenvalue; a component then stands within about tolerance / relative gap of its true direction.
    private const double Tolerance = 5e-4;
    private const double RoughTolerance = 1e-2;
    private readonly int _count;
    private readonly long _features;
    private readonly int _seed;
    private Tensor? _vectors;
    private Tensor? _products;

    /// <summary>Finds <paramref name="count"/> eigenvectors of [features, features] matrices.</summary>
    public SubspaceSolver(int count, long features, int seed)
    {
        (_count, _features, _seed) = (count, features, seed);
        Width = (int)Math.Min(features, count + Math.Max(8, count / 2));
    }

    /// <summary>Number of vectors carried along.</summary>
    public int Width { get; }

    /// <summary>Whether matrices are so small that a full decomposition is cheapest.</summary>
    public bool IsDirect => _features <= Math.Max(96, 4 * Width);

    /// <summary>The largest eigenvalues, descending, and their vectors [features, count], to full accuracy. Fresh tensors.</summary>
    public (Tensor Values, Tensor Vectors) Solve(RowStore scatter)
    {
        using var scope = NewDisposeScope();
        return Leading(IsDirect ? Direct(scatter) : Iterate(scatter, scatter.Type, isUpdate: false, Tolerance));
    }

    /// <summary>The same, roughly, after rows were added to the store that the last call saw.</summary>
    public (Tensor Values, Tensor Vectors) Update(RowStore scatter)
    {
        using var scope = NewDisposeScope();
        return Leading(IsDirect ? Direct(scatter) : Iterate(scatter, scatter.RowType, isUpdate: true, RoughTolerance));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _vectors?.Dispose();
        _products?.Dispose();
    }

    private (Tensor Values, Tensor Vectors) Leading((Tensor Values, Tensor Vectors) all) =>
        (all.Values.narrow(0, 0, _count).clone().MoveToOuterDisposeScope(), all.Vectors.narrow(1, 0, _count).clone().MoveToOuterDisposeScope());

    private (Tensor Values, Tensor Vectors) Direct(RowStore scatter) => Descending(scatter.Matrix(), Width);

    private (Tensor Values, Tensor Vectors) Iterate(RowStore scatter, ScalarType type, bool isUpdate, double tolerance)
    {
        var vectors = _vectors?.to(type) ?? Random(scatter, type);
        // What the earlier rows make of the vectors is known from last time.
        var isKnown = isUpdate && _products is not null;
        if (!isKnown)
            vectors = linalg.qr(vectors).Q; // rounding adds up from update to update
        var products = isKnown ? _products!.to(type).Plus(scatter.MultiplyLatest(vectors)) : scatter.Multiply(vectors);
        (var values, vectors, products) = RayleighRitz(scatter, vectors, products);
        // A second step of an update would cost as much as the first and is spoilt by the next rows anyway.
        for (var step = 0; step < (isUpdate ? 1 : MostSteps); step++)
        {
            var residuals = scatter.Centered(products, vectors) - vectors * values;
            if (IsSmall(residuals, values, tolerance))
                break;
            var second = Complement(residuals, vectors);
            var (basis, basisProducts) = (cat([vectors, second], 1), cat([products, scatter.Multiply(second)], 1));
            // One more block brings most where the first did not do; near the solution the first is enough.
            if (step > 0)
                (basis, basisProducts) = Extend(scatter, basis, basisProducts, second);
            (values, vectors, products) = RayleighRitz(scatter, basis, basisProducts);
        }
        Dispose();
        (_vectors, _products) = (vectors.clone().DetachFromDisposeScope(), products.clone().DetachFromDisposeScope());
        return (values, vectors);
    }

    private static (Tensor Basis, Tensor Products) Extend(RowStore scatter, Tensor basis, Tensor products, Tensor last)
    {
        var lastProducts = scatter.Centered(products.narrow(1, basis.shape[1] - last.shape[1], last.shape[1]), last);
        var third = Complement(lastProducts - basis.matmul(basis.t().matmul(lastProducts)), basis);
        return (cat([basis, third], 1), cat([products, scatter.Multiply(third)], 1));
    }

    private Tensor Random(RowStore scatter, ScalarType type)
    {
        using var generator = new Generator((ulong)(uint)_seed, scatter.Device);
        return randn(_features, Width, dtype: type, device: scatter.Device, generator: generator);
    }

    private bool IsSmall(Tensor residuals, Tensor values, double tolerance)
    {
        var noise = residuals.dtype == ScalarType.Float64 ? 1e-13 : 1e-6;
        var allowed = values.clamp(min: Scalars.Of(0)).mul(Scalars.Of(tolerance)).add(values[0].Times(noise), Scalars.One);
        var lengths = residuals.pow(Scalars.Of(2)).sum([0L]).sqrt();
        return lengths.narrow(0, 0, _count).le(allowed.narrow(0, 0, _count)).all().item<bool>();
    }

    // Orthonormal columns that span x and are orthogonal to the basis, also where x has lost its rank.
    private static Tensor Complement(Tensor x, Tensor basis)
    {
        var all = linalg.qr(cat([basis, x], 1)).Q;
        return all.narrow(1, basis.shape[1], all.shape[1] - basis.shape[1]);
    }

    private (Tensor Values, Tensor Vectors, Tensor Products) RayleighRitz(RowStore scatter, Tensor basis, Tensor products)
    {
        var (values, rotation) = Descending(basis.t().matmul(scatter.Centered(products, basis)), Width);
        return (values, basis.matmul(rotation), products.matmul(rotation));
    }

    private static (Tensor Values, Tensor Vectors) Descending(Tensor symmetric, int count)
    {
        var (values, vectors) = linalg.eigh(symmetric.Plus(symmetric.t()).Over(2));
        return (values.flip(0).narrow(0, 0, count), vectors.flip(1).narrow(1, 0, count));
    }
}
