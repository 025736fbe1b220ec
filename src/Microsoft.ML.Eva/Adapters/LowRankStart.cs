using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>
/// What a low-rank adapter starts from: A [rank, in] ([rank, in, height, width] for convolutions) and B [out, rank]. Where the
/// layer's weight has given s·B₀·A₀ away (PiSSA, OLoRA), <paramref name="Taken"/> holds those factors. Whoever receives it owns all.
/// </summary>
internal readonly record struct LowRankStart(Tensor A, Tensor B, LowRankFactors? Taken = null);
