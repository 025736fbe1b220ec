using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>
/// What a low-rank adapter starts from: A [rank, in] ([rank, in, height, width] for convolutions) and B [out, rank]. Whoever
/// receives it owns both. <paramref name="IsTakenFromWeight"/>: the layer's weight has given s·B·A away (PiSSA, OLoRA).
/// </summary>
internal readonly record struct LowRankStart(Tensor A, Tensor B, bool IsTakenFromWeight = false);
