using Microsoft.ML.Eva.Backbones;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>Ends an adaptation: what the adapters learned goes into the layers' own weights.</summary>
internal static class AdapterMerger
{
    /// <summary>Writes every adapter's merged weight and bias into its layer, empties the seats and disposes the adapters.</summary>
    public static void Merge(Network network)
    {
        foreach (var layer in network.Backbone.AdaptableLayers)
        {
            if (layer.Adapter is not { } adapter)
                continue;
            var (weight, bias) = adapter.Merge();
            layer.Weight.Replace(weight);
            if (bias is not null && layer.Bias is { } own)
                own.Replace(bias);
            else
                bias?.Dispose();
            layer.Adapter = null;
            adapter.Dispose();
        }
    }
}
