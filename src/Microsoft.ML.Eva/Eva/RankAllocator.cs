namespace Microsoft.ML.Eva.Eva;

/// <summary>Gives a budget of ranks to the components that are worth most, over all layers. Arrays in, arrays out.</summary>
internal static class RankAllocator
{
    /// <summary>
    /// The number of components that each layer keeps when the <paramref name="budget"/> most valuable ones of all layers are
    /// kept. Of equal values the earlier layer's, then the earlier component's, comes first.
    /// </summary>
    /// <param name="values">Per layer the values of its components, leading component first.</param>
    /// <param name="budget">The ranks to give away; less is given when there are fewer components.</param>
    /// <param name="least">What each layer keeps in any case, part of the budget; null: nothing.</param>
    public static int[] Allocate(IReadOnlyList<IReadOnlyList<double>> values, int budget, IReadOnlyList<int>? least = null)
    {
        var ranks = values.Select((layer, index) => least is null ? 0 : Math.Min(least[index], layer.Count)).ToArray();
        var winners = values
            .SelectMany((layer, index) => layer.Skip(ranks[index]).Select(value => (Layer: index, Value: value)))
            .OrderByDescending(component => component.Value) // stable: equal values stay in the layers' order
            .Take(Math.Max(0, budget - ranks.Sum()))
            .ToList();
        foreach (var (layer, _) in winners)
            ranks[layer]++;
        return ranks;
    }

    /// <summary>What <paramref name="criterion"/> says the components with these singular values are worth.</summary>
    public static double[] Values(EvaRankCriterion criterion, PrincipalComponents components)
    {
        var variances = components.ExplainedVariance();
        return criterion switch
        {
            EvaRankCriterion.Ratio => components.ExplainedVarianceRatio(),
            EvaRankCriterion.Raw => variances,
            EvaRankCriterion.Sum => DividedBy(variances, variances.Sum()),
            EvaRankCriterion.Maximum => DividedBy(variances, variances.Max()),
            EvaRankCriterion.Literal => DividedBy(variances, components.SingularValues.Sum()),
            _ => throw new ArgumentOutOfRangeException(nameof(criterion), criterion, "Not a rank criterion."),
        };
    }

    private static double[] DividedBy(double[] values, double divisor) => [.. values.Select(value => divisor > 0 ? value / divisor : 0)];
}
