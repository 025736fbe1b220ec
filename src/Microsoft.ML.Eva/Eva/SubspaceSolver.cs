using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Eva;

/// <summary>
/// The leading eigenvectors of a scatter matrix that grows: block Lanczos steps with Rayleigh–Ritz, started from the vectors
/// found last time; a full decomposition where the matrix is small. A few more vectors than asked for are carried along,
/// because iterations converge by the distance to the first one left out.
/// </summary>
internal sealed class SubspaceSolver : IDisposable
{
    private const int MostSteps = 40;
    // Relative to a component's eigenvalue; a component then stands within about tolerance / relative gap of its true direction.
    private const double Tolerance = 5e-4;
    private readonly int _count;
    private readonly long _features;
    private readonly int _seed;
    private Tensor? _vectors;

    /// <summary>Finds <paramref name="count"/> eigenvectors of [features, features] matrices.</summary>
    public SubspaceSolver(int count, long features, int seed)
    {
        (_count, _features, _seed) = (count, features, seed);
        Width = (int)Math.Min(features, count + Math.Max(8, count / 2));
    }

    /// <summary>Number of vectors carried along.</summary>
    public int Width { get; }

    /// <summary>Whether matrices are so small that a full decomposition is cheapest.</summary>
    public bool IsDirect => _features <= Math.Max(96, 3 * Width);

    /// <summary>The largest eigenvalues, descending, and their vectors [features, count]. Fresh tensors.</summary>
    public (Tensor Values, Tensor Vectors) Solve(RowStore scatter)
    {
        using var scope = NewDisposeScope();
        var (values, vectors) = IsDirect ? Direct(scatter) : Iterate(scatter);
        return (values.narrow(0, 0, _count).clone().MoveToOuterDisposeScope(), vectors.narrow(1, 0, _count).clone().MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public void Dispose() => _vectors?.Dispose();

    private (Tensor Values, Tensor Vectors) Direct(RowStore scatter) => Descending(scatter.Matrix(), Width);

    private (Tensor Values, Tensor Vectors) Iterate(RowStore scatter)
    {
        var vectors = (_vectors ?? Random(scatter)).to(scatter.Type);
        var (values, found, products) = RayleighRitz(vectors, scatter.Multiply(vectors));
        for (var step = 0; step < MostSteps; step++)
        {
            var residuals = products - found * values;
            if (IsSmall(residuals, values))
                break;
            var second = Complement(residuals, found);
            var secondProducts = scatter.Multiply(second);
            var basis = cat([found, second], 1);
            var third = Complement(secondProducts - basis.matmul(basis.t().matmul(secondProducts)), basis);
            (values, found, products) = RayleighRitz(cat([basis, third], 1), cat([products, secondProducts, scatter.Multiply(third)], 1));
        }
        _vectors?.Dispose();
        _vectors = found.clone().DetachFromDisposeScope();
        return (values, found);
    }

    private Tensor Random(RowStore scatter)
    {
        using var generator = new Generator((ulong)(uint)_seed, scatter.Device);
        return linalg.qr(randn(_features, Width, dtype: scatter.Type, device: scatter.Device, generator: generator)).Q;
    }

    private bool IsSmall(Tensor residuals, Tensor values)
    {
        var noise = residuals.dtype == ScalarType.Float64 ? 1e-13 : 1e-6;
        var allowed = values.clamp(min: 0).mul(Tolerance).add(values[0] * noise);
        var lengths = residuals.square().sum([0L]).sqrt();
        return lengths.narrow(0, 0, _count).le(allowed.narrow(0, 0, _count)).all().item<bool>();
    }

    // Orthonormal columns that span x and are orthogonal to the basis, also where x has lost its rank.
    private static Tensor Complement(Tensor x, Tensor basis)
    {
        var all = linalg.qr(cat([basis, x], 1)).Q;
        return all.narrow(1, basis.shape[1], all.shape[1] - basis.shape[1]);
    }

    private (Tensor Values, Tensor Vectors, Tensor Products) RayleighRitz(Tensor basis, Tensor products)
    {
        var (values, rotation) = Descending(basis.t().matmul(products), Width);
        return (values, basis.matmul(rotation), products.matmul(rotation));
    }

    private static (Tensor Values, Tensor Vectors) Descending(Tensor symmetric, int count)
    {
        var (values, vectors) = linalg.eigh((symmetric + symmetric.t()) / 2);
        return (values.flip(0).narrow(0, 0, count), vectors.flip(1).narrow(1, 0, count));
    }
}
