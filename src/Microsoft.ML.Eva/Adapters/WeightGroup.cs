using Microsoft.ML.Eva.Backbones;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>Weights that learn at the same rate: the schedule's rate times <paramref name="LearningRateRatio"/>.</summary>
internal sealed record WeightGroup(IReadOnlyList<Weight> Weights, double LearningRateRatio)
{
    /// <summary>
    /// Every trainable weight of <paramref name="network"/> and its adapters. With LoRA+, B and all vectors are a group of their
    /// own, and so is a head with a <paramref name="headRatio"/>; otherwise there is one group.
    /// </summary>
    public static IReadOnlyList<WeightGroup> Create(Network network, AdapterOptions options, double? headRatio = null)
    {
        var plus = options is LowRankOptions { LearningRateRatio: > 1 } lowRank ? lowRank.LearningRateRatio : 1;
        var ofB = network.Adapters.OfType<LowRankAdapter>().Select(adapter => adapter.B).ToHashSet();
        var ofHead = network.Head.Weights.ToHashSet();
        return [.. network.Weights.Concat(network.Adapters.SelectMany(adapter => adapter.Weights)).Where(weight => weight.IsTrainable)
            .GroupBy(Ratio).OrderBy(group => group.Key).Select(group => new WeightGroup([.. group], group.Key))];

        double Ratio(Weight weight) =>
            headRatio is { } ratio && ofHead.Contains(weight) ? ratio
            : ofB.Contains(weight) || weight.Value.dim() == 1 ? plus
            : 1;
    }
}
