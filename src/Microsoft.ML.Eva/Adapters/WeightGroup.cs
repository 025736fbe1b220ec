using Microsoft.ML.Eva.Backbones;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>Weights that learn at the same rate: the schedule's rate times <paramref name="LearningRateRatio"/>.</summary>
internal sealed record WeightGroup(IReadOnlyList<Weight> Weights, double LearningRateRatio)
{
    /// <summary>
    /// Every trainable weight of <paramref name="network"/> and its adapters. With LoRA+, B and all vectors are a group of their
    /// own; otherwise there is one group.
    /// </summary>
    public static IReadOnlyList<WeightGroup> Create(Network network, AdapterOptions options)
    {
        var trainable = network.Weights.Concat(network.Adapters.SelectMany(adapter => adapter.Weights)).Where(weight => weight.IsTrainable).ToList();
        if (options is not LowRankOptions { LearningRateRatio: > 1 } lowRank)
            return [new WeightGroup(trainable, 1)];
        var ofB = network.Adapters.OfType<LowRankAdapter>().Select(adapter => adapter.B).ToHashSet();
        var byGroup = trainable.ToLookup(weight => ofB.Contains(weight) || weight.Value.dim() == 1);
        return [new WeightGroup([.. byGroup[false]], 1), new WeightGroup([.. byGroup[true]], lowRank.LearningRateRatio)];
    }
}
