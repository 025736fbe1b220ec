using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>A [rank, …] and B [out, rank] of a product that was taken out of a layer's weight.</summary>
internal sealed record LowRankFactors(Tensor A, Tensor B) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        A.Dispose();
        B.Dispose();
    }
}
