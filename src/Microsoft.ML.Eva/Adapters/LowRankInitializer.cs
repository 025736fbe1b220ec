using Microsoft.ML.Eva.Backbones.Layers;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>Gives a layer's low-rank adapter its first A and B.</summary>
internal abstract class LowRankInitializer
{
    /// <summary>Fresh factors for <paramref name="layer"/>, drawn from <paramref name="generator"/> where chance plays a part.</summary>
    public abstract LowRankStart Initialize(AdaptableLayer layer, int rank, double scaling, Generator generator);

    /// <summary>The initializer that <paramref name="options"/> describe.</summary>
    /// <param name="options">The start.</param>
    /// <param name="components">EVA's A by layer; needed for EVA alone.</param>
    public static LowRankInitializer Create(InitializationOptions options, IReadOnlyDictionary<AdaptableLayer, Tensor>? components) => options switch
    {
        EvaOptions => new ComponentInitializer(components ?? throw new ArgumentNullException(nameof(components), "EVA starts from the components of the layers' inputs.")),
        RandomOptions random => new RandomInitializer(random.Distribution),
        PissaOptions pissa => new PissaInitializer(pissa.Iterations),
        OloraOptions => new OloraInitializer(),
        _ => throw new NotSupportedException($"No start is known for {options.GetType().Name}."),
    };

    /// <summary>A's shape for this layer: its weight's, outputs first, with the rank in place of the outputs.</summary>
    protected static long[] ShapeOfA(AdaptableLayer layer, int rank)
    {
        using var weight = layer.OutputsFirst(layer.Weight.Value);
        return [rank, .. weight.shape[1..]];
    }

    /// <summary>B = 0.</summary>
    protected static Tensor ZeroB(AdaptableLayer layer, int rank) => zeros(layer.OutFeatures, rank, float32, layer.Weight.Value.device);

    /// <summary>A generator may live on another device than the layer: numbers are drawn where it is and moved.</summary>
    public static Tensor Draw(long[] shape, Device device, Generator generator, Func<Tensor, Tensor> fill)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        return fill(empty(shape, float32, generator.device)).to(device).MoveToOuterDisposeScope();
    }
}
