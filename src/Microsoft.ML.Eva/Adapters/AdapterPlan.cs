using Microsoft.ML.Eva.Backbones.Layers;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>One layer to adapt, with its own rank and alpha (for methods that have them).</summary>
internal sealed record PlannedLayer(AdaptableLayer Layer, int Rank, double Alpha);

/// <summary>The layers to adapt, in the network's order. Immutable: EVA reads one and returns another with ranks redistributed.</summary>
internal sealed record AdapterPlan(IReadOnlyList<PlannedLayer> Layers)
{
    /// <summary>The layers that <paramref name="options"/> choose among <paramref name="layers"/>, with the rank and alpha they give each.</summary>
    /// <exception cref="ArgumentException">A name in the options matches no layer, or two names give one layer different ranks.</exception>
    public static AdapterPlan Create(AdapterOptions options, IReadOnlyList<AdaptableLayer> layers)
    {
        var selector = new LayerSelector([.. layers.Select(layer => layer.Name)]);
        var chosen = options.TargetLayers is { } targets
            ? selector.Select(targets, nameof(AdapterOptions.TargetLayers))
            : [.. layers.Where(layer => layer.IsAdaptedByDefault).Select(layer => layer.Name)];
        if (options.ExcludedLayers is not null)
            chosen.ExceptWith(selector.Select(options.ExcludedLayers, nameof(AdapterOptions.ExcludedLayers)));
        if (options.TrainedModules is { } trained)
            chosen.RemoveWhere(layer => trained.Any(module => LayerSelector.MatchesWithin(module, layer)));
        if (chosen.Count == 0 && layers.Count > 0)
            throw new ArgumentException($"{nameof(AdapterOptions.ExcludedLayers)} and {nameof(AdapterOptions.TrainedModules)} leave no layer to adapt of the {layers.Count} there are.", nameof(options));
        var planned = layers.Where(layer => chosen.Contains(layer.Name));
        return new AdapterPlan(options is LowRankOptions lowRank ? WithPatterns(lowRank, planned, selector) : [.. planned.Select(layer => Uniform(options, layer))]);
    }

    private static PlannedLayer Uniform(AdapterOptions options, AdaptableLayer layer) => options switch
    {
        AdaLoraOptions adaLora => new PlannedLayer(layer, adaLora.InitialRank, adaLora.Alpha),
        VeraOptions vera => new PlannedLayer(layer, vera.Rank, 0),
        _ => new PlannedLayer(layer, 0, 0),
    };

    private static PlannedLayer[] WithPatterns(LowRankOptions options, IEnumerable<AdaptableLayer> layers, LayerSelector selector)
    {
        var ranks = selector.Resolve(options.RankPattern, nameof(LowRankOptions.RankPattern));
        var alphas = selector.Resolve(options.AlphaPattern, nameof(LowRankOptions.AlphaPattern));
        return [.. layers.Select(layer => new PlannedLayer(
            layer,
            ranks.TryGetValue(layer.Name, out var rank) ? rank : options.Rank,
            alphas.TryGetValue(layer.Name, out var alpha) ? alpha : options.Alpha))];
    }
}
