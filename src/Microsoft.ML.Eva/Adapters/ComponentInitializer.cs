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
        if (!found.shape.AsSpan().SequenceEqual([rank, layer.InFeatures]))
            throw new ArgumentException($"The components of '{layer.Name}' are [{string.Join(", ", found.shape)}], but its adapter needs [{rank}, {layer.InFeatures}].");
        using var scope = NewDisposeScope();
        var device = layer.Weight.Value.device;
        var a = found.detach().to(float32, device, copy: true);
        return new LowRankStart(a.MoveToOuterDisposeScope(), zeros(layer.OutFeatures, rank, float32, device).MoveToOuterDisposeScope());
    }
}
