using Microsoft.ML.Eva.Backbones.Layers;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>EVA's start: A holds the principal components of the layer's input, B = 0.</summary>
internal sealed class ComponentInitializer(IReadOnlyDictionary<AdaptableLayer, Tensor> components) : LowRankInitializer
{
    /// <inheritdoc/>
    public override LowRankStart Initialize(AdaptableLayer layer, int rank, double scaling, Generator generator)
    {
        if (!components.TryGetValue(layer, out var found))
            throw new ArgumentException($"There are no components for '{layer.Name}'.");
        var shape = ShapeOfA(layer, rank);
        if (found.shape[0] != rank || found.numel() != shape.Aggregate((product, size) => product * size))
            throw new ArgumentException($"The components of '{layer.Name}' are [{string.Join(", ", found.shape)}], but its adapter needs [{string.Join(", ", shape)}].");
        using var scope = NewDisposeScope();
        var a = found.detach().to(float32, layer.Weight.Value.device, copy: true).reshape(shape).contiguous();
        return new LowRankStart(a.MoveToOuterDisposeScope(), ZeroB(layer, rank).MoveToOuterDisposeScope());
    }
}
