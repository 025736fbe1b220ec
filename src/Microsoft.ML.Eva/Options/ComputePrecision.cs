namespace Microsoft.ML.Eva;

/// <summary>
/// In which numbers a network's linear layers and convolutions are multiplied, by far the largest part of the work. Everything else –
/// normalisations, attention's softmax, the adapters' factors beside linear layers, the head, loss and optimiser – stays in 32 bits, and so do the weights themselves.
/// </summary>
public enum ComputePrecision
{
    /// <summary>32 bits.</summary>
    Float32,

    /// <summary>
    /// 16 bits with the range of 32 and 8 bits of precision ("mixed precision"); sums are still taken in 32 bits. The products are about twice as fast on
    /// processors with AVX-512 BF16 or AMX instructions (AMD from Zen 4, Intel from Cooper Lake and Sapphire Rapids) and on GPUs from NVIDIA's Ampere on;
    /// slower than 32 bits on others. Results differ by about a hundredth of what they are. docs/performance.md has measurements.
    /// </summary>
    BFloat16,
}
