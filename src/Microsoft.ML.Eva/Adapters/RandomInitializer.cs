using Microsoft.ML.Eva.Backbones.Layers;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>Plain LoRA's start: B = 0 and A uniform in ±1/√in (He's initialisation with a = √5) or normal with deviation 1/rank.</summary>
internal sealed class RandomInitializer(RandomDistribution distribution = RandomDistribution.Uniform) : LowRankInitializer
{
    /// <inheritdoc/>
    public override LowRankStart Initialize(AdaptableLayer layer, int rank, double scaling, TorchSharp.torch.Generator generator)
    {
        var shape = ShapeOfA(layer, rank);
        var bound = 1 / Math.Sqrt(shape[1..].Aggregate((product, size) => product * size));
        var a = Draw(shape, layer.Weight.Value.device, generator, empty => distribution == RandomDistribution.Gaussian
            ? empty.normal_(0, 1.0 / rank, generator)
            : empty.uniform_(-bound, bound, generator));
        return new LowRankStart(a, ZeroB(layer, rank));
    }
}
