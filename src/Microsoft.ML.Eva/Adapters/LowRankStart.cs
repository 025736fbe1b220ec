using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>What a low-rank adapter starts from: A [rank, in], B [out, rank]. Whoever receives it owns both.</summary>
internal readonly record struct LowRankStart(Tensor A, Tensor B);
