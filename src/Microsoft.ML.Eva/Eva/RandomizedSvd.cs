using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Eva;

/// <summary>
/// Leading singular values and right-singular vectors from a random projection with power iterations (Halko et al. 2011).
/// Every call draws from a generator seeded anew, so equal matrices give equal results. torch.svd_lowrank with its default
/// number of iterations doubled, as PEFT calls it; TorchSharp has no binding of that function.
/// </summary>
internal sealed class RandomizedSvd(int seed, int iterations = 4)
{
    /// <summary>At most <paramref name="count"/> singular values and right-singular vectors [count, columns] of <paramref name="matrix"/>. Fresh tensors.</summary>
    public (Tensor Values, Tensor Vectors) Decompose(Tensor matrix, int count)
    {
        using var scope = NewDisposeScope();
        var isWide = matrix.shape[0] < matrix.shape[1];
        var tall = isWide ? matrix.t() : matrix;
        using var generator = new Generator((ulong)seed, matrix.device);
        var projection = randn(tall.shape[1], Math.Min(count, tall.shape[1]), dtype: matrix.dtype, device: matrix.device, generator: generator);
        var range = Orthonormal(tall.matmul(projection));
        for (var i = 0; i < iterations; i++)
            range = Orthonormal(tall.matmul(Orthonormal(tall.t().matmul(range))));
        var (left, values, right) = linalg.svd(range.t().matmul(tall), fullMatrices: false);
        var vectors = isWide ? range.matmul(left).t() : right;
        return (values.MoveToOuterDisposeScope(), vectors.contiguous().MoveToOuterDisposeScope());
    }

    private static Tensor Orthonormal(Tensor x) => linalg.qr(x).Q;
}
