using Microsoft.ML.Eva.Backbones.Layers;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Eva;

/// <summary>Puts taps into the seats of layers; disposing it gives the seats back to whoever had them.</summary>
internal sealed class ActivationCapture : IDisposable
{
    private readonly List<(AdaptableLayer Layer, LayerAdapter? Before)> _seats = [];

    /// <summary>Shows every input of the layers to <paramref name="observe"/>, together with the layer's place in <paramref name="layers"/>.</summary>
    public ActivationCapture(IReadOnlyList<AdaptableLayer> layers, Action<int, Tensor> observe)
    {
        for (var i = 0; i < layers.Count; i++)
        {
            var place = i;
            _seats.Add((layers[i], layers[i].Adapter));
            layers[i].Adapter = new ActivationTap(layers[i], x => observe(place, x));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (layer, before) in _seats)
            layer.Adapter = before;
    }
}
