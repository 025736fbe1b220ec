using Microsoft.ML.Eva.Backbones.Layers;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>Plain LoRA's start: A uniform in ±1/√in (He's initialisation with a = √5), B = 0.</summary>
internal sealed class RandomInitializer : LowRankInitializer
{
    /// <inheritdoc/>
    public override LowRankStart Initialize(AdaptableLayer layer, int rank, double scaling, Generator generator)
    {
        var bound = 1 / Math.Sqrt(layer.InFeatures);
        var a = Draw([rank, layer.InFeatures], layer, generator, empty => empty.uniform_(-bound, bound, generator));
        return new LowRankStart(a, zeros(layer.OutFeatures, rank, float32, layer.Weight.Value.device));
    }
}
