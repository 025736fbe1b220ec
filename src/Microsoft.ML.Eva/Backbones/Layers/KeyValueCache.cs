using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Layers;

/// <summary>What a decoder's attention layers keep of the tokens seen so far, so that a further token costs one token's work.</summary>
internal sealed class KeyValueCache(int layerCount, long mostTokens) : IDisposable
{
    /// <summary>Each layer's part, in the layers' order.</summary>
    public IReadOnlyList<LayerCache> Layers { get; } = [.. Enumerable.Range(0, layerCount).Select(_ => new LayerCache(mostTokens))];

    /// <summary>Tokens held.</summary>
    public long Length => Layers[^1].Length;

    /// <inheritdoc cref="LayerCache.Select"/>
    public void Select(Tensor rows)
    {
        foreach (var layer in Layers)
            layer.Select(rows);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var layer in Layers)
            layer.Dispose();
    }
}
