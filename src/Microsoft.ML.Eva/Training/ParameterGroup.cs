using Microsoft.ML.Eva.Backbones;

namespace Microsoft.ML.Eva.Training;

/// <summary>Weights trained alike: with the schedule's learning rate times <paramref name="LearningRateFactor"/>, and this decay.</summary>
internal sealed record ParameterGroup(IReadOnlyList<Weight> Weights, double LearningRateFactor, double WeightDecay)
{
    /// <summary>Matrices decay, vectors (biases, norms, magnitudes) do not: pulling those to zero would change what the layer does, not how large it is.</summary>
    public static IReadOnlyList<ParameterGroup> DecayingMatrices(IEnumerable<Weight> weights, double weightDecay, double learningRateFactor = 1)
    {
        if (weightDecay == 0)
            return [new ParameterGroup([.. weights], learningRateFactor, 0)];
        var byDecay = weights.ToLookup(weight => weight.Value.dim() >= 2);
        return
        [
            .. new[] { true, false }.Where(byDecay.Contains)
                .Select(isMatrix => new ParameterGroup([.. byDecay[isMatrix]], learningRateFactor, isMatrix ? weightDecay : 0)),
        ];
    }
}
