using Microsoft.ML.Eva.Backbones;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>Ends an adaptation: what the adapters learned goes into the layers' own weights, or stays beside them.</summary>
internal static class AdapterMerger
{
    /// <summary>
    /// Makes the network one for scoring: with the adapters merged and what follows them folded in, or with the adapters frozen in
    /// their seats and all else shared with every other model of the checkpoint. Nothing is trainable afterwards.
    /// </summary>
    public static void End(Network network, bool merges)
    {
        if (merges)
        {
            Merge(network);
            network.Backbone.FoldNormalizations();
        }
        foreach (var weight in network.Weights.Concat(network.Adapters.SelectMany(adapter => adapter.Weights)))
            weight.Freeze();
    }

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
