using Microsoft.ML.Eva.Backbones.Layers;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>Tells the ranks of a network's adapters.</summary>
internal static class AdapterRanks
{
    /// <summary>The rank of every adapted layer by its name, 0 for planned layers without an adapter; empty for methods without ranks (BOFT, full fine-tuning).</summary>
    public static IReadOnlyDictionary<string, int> Of(AdapterPlan plan, IEnumerable<LayerAdapter> adapters)
    {
        var ranks = adapters.Select(adapter => (adapter.Layer.Name, Rank: Of(adapter))).Where(layer => layer.Rank is not null).ToDictionary(layer => layer.Name, layer => layer.Rank!.Value);
        return ranks.Count == 0 ? ranks : plan.Layers.ToDictionary(planned => planned.Layer.Name, planned => ranks.GetValueOrDefault(planned.Layer.Name));
    }

    private static int? Of(LayerAdapter adapter) => adapter switch
    {
        LowRankAdapter lowRank => (int)lowRank.Rank,
        AdaLoraAdapter adaLora => adaLora.TripletsInUse().Count(isInUse => isInUse),
        VeraAdapter vera => (int)vera.Projection.A.shape[0],
        _ => null,
    };
}
