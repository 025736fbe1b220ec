using Microsoft.ML.Eva.Adapters;

namespace Microsoft.ML.Eva.Eva;

/// <summary>What one adapter asks of a warm-up: how many ranks it has to give away, and how many of them each layer may get.</summary>
internal sealed class RankDemand
{
    private readonly AdapterPlan _plan;
    private readonly EvaOptions _options;
    private readonly int[] _limits;

    /// <summary>The demand of a plan.</summary>
    /// <param name="plan">The layers with the ranks that make up the budget.</param>
    /// <param name="options">How ranks are given away.</param>
    /// <param name="owners">For each planned layer the place of the first layer with the same input.</param>
    public RankDemand(AdapterPlan plan, EvaOptions options, IReadOnlyList<int> owners)
    {
        (_plan, _options) = (plan, options);
        _limits = [.. plan.Layers.Select(planned => Limit(planned, options))];
        if (!options.SharesRankLimit)
            return;
        var largest = Enumerable.Range(0, _limits.Length).GroupBy(place => owners[place]).ToDictionary(group => group.Key, group => group.Max(place => _limits[place]));
        for (var place = 0; place < _limits.Length; place++)
            _limits[place] = largest[owners[place]];
    }

    /// <summary>The most ranks each planned layer may get.</summary>
    public IReadOnlyList<int> Limits => _limits;

    /// <summary>Each planned layer's rank.</summary>
    /// <param name="componentsOf">The components of a layer's input, by its place in the plan; at least as many as its limit.</param>
    public int[] Allocate(Func<int, PrincipalComponents> componentsOf)
    {
        if (!_options.RedistributesRanks)
            return [.. _limits];
        var values = _limits.Select((limit, place) => RankAllocator.Values(_options.RankCriterion, componentsOf(place))[..limit]).ToArray();
        int[] least = [.. _plan.Layers.Select((planned, place) => Math.Min(_limits[place], Math.Min(planned.Rank, _options.MinimumRank)))];
        return RankAllocator.Allocate(values, _plan.Layers.Sum(planned => planned.Rank), least);
    }

    private static int Limit(PlannedLayer planned, EvaOptions options)
    {
        var wanted = options.RedistributesRanks ? Math.Round(options.Rho * planned.Rank) : planned.Rank;
        var width = LayerInput.Width(planned.Layer);
        if (wanted > width && double.IsFinite(wanted) && options.FailIfLayerTooNarrow)
            throw new ArgumentException($"'{planned.Layer.Name}' has {width} input features, fewer than the {wanted} components that rank {planned.Rank} and rho {options.Rho} ask for.", nameof(options));
        return (int)Math.Min(wanted, width);
    }
}
