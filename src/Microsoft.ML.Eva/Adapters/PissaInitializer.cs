using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>PiSSA: A = √(S/s)·Vᵀ and B = U·√(S/s) of the weight's largest singular values S, exactly or by a randomised decomposition.</summary>
internal sealed class PissaInitializer(int? iterations) : WeightFactorInitializer
{
    /// <inheritdoc/>
    protected override (Tensor A, Tensor B) Factor(Tensor matrix, int rank, double scaling, Generator generator)
    {
        var (u, s, v) = iterations is { } count ? RandomizedSvd(matrix, rank, count, generator) : linalg.svd(matrix, fullMatrices: false);
        var root = s.narrow(0, 0, rank).Over(scaling).sqrt();
        return (root.unsqueeze(1) * v.narrow(0, 0, rank), u.narrow(1, 0, rank) * root);
    }

    // Halko, Martinsson, Tropp 2011: a random image of the matrix, sharpened by power iterations, spans its largest directions.
    // Twice the rank is drawn, so that the last wanted direction is as good as the first.
    private static (Tensor U, Tensor S, Tensor V) RandomizedSvd(Tensor matrix, int rank, int iterations, Generator generator)
    {
        var width = Math.Min(2L * rank, Math.Min(matrix.shape[0], matrix.shape[1]));
        var directions = Draw([matrix.shape[1], width], matrix.device, generator, empty => empty.normal_(0, 1, generator));
        var (basis, _) = linalg.qr(matrix.mm(directions));
        for (var i = 0; i < iterations; i++)
        {
            var (dual, _) = linalg.qr(matrix.t().mm(basis));
            (basis, _) = linalg.qr(matrix.mm(dual));
        }
        var (u, s, v) = linalg.svd(basis.t().mm(matrix), fullMatrices: false);
        return (basis.mm(u), s, v);
    }
}
