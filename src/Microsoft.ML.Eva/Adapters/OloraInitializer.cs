using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>OLoRA: A = the first rows of R, B = the first columns of Q, of the weight's QR decomposition.</summary>
internal sealed class OloraInitializer : WeightFactorInitializer
{
    /// <inheritdoc/>
    protected override (Tensor A, Tensor B) Factor(Tensor matrix, int rank, double scaling, Generator generator)
    {
        var (q, r) = linalg.qr(matrix);
        return (r.narrow(0, 0, rank), q.narrow(1, 0, rank));
    }
}
