using Microsoft.ML.Eva.Backbones.Layers;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>Gives a layer's low-rank adapter its first A and B.</summary>
internal abstract class LowRankInitializer
{
    /// <summary>Fresh factors for <paramref name="layer"/>, drawn from <paramref name="generator"/> where chance plays a part.</summary>
    public abstract LowRankStart Initialize(AdaptableLayer layer, int rank, double scaling, Generator generator);

    /// <summary>A generator may live on another device than the layer: numbers are drawn where it is and moved.</summary>
    protected static Tensor Draw(long[] shape, AdaptableLayer layer, Generator generator, Func<Tensor, Tensor> fill)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        return fill(empty(shape, float32, generator.device)).to(layer.Weight.Value.device).MoveToOuterDisposeScope();
    }
}
