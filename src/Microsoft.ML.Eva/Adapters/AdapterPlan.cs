using Microsoft.ML.Eva.Backbones.Layers;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>One layer to adapt, with its own rank and alpha (for methods that have them).</summary>
internal sealed record PlannedLayer(AdaptableLayer Layer, int Rank, double Alpha);

/// <summary>The layers to adapt, in the network's order. Immutable: EVA reads one and returns another with ranks redistributed.</summary>
internal sealed record AdapterPlan(IReadOnlyList<PlannedLayer> Layers)
{
    /// <summary>The layers that <paramref name="options"/> choose among <paramref name="layers"/>, with the rank and alpha they give each.</summary>
    /// <exception cref="ArgumentException">A name in the options matches no layer.</exception>
    public static AdapterPlan Create(AdapterOptions options, IReadOnlyList<AdaptableLayer> layers)
    {
        var chosen = new LayerSelector(layers).Select(options.TargetLayers, nameof(AdapterOptions.TargetLayers));
        return new AdapterPlan([.. chosen.Select(layer => Plan(options, layer))]);
    }

    private static PlannedLayer Plan(AdapterOptions options, AdaptableLayer layer) => options switch
    {
        LowRankOptions lowRank => new PlannedLayer(layer, lowRank.Rank, lowRank.Alpha),
        _ => new PlannedLayer(layer, 0, 0),
    };
}
