using Microsoft.ML.Eva.Adapters;

namespace Microsoft.ML.Eva.Eva;

/// <summary>
/// What one warm-up found, for one adapter or for many: every adapter it was made for gets its ranks, alphas and A from the same
/// components, of any network made from the same checkpoint. Immutable and safe for many threads; owns the components.
/// </summary>
internal sealed class EvaFindings : IDisposable
{
    private readonly EvaOptions _options;
    private readonly IReadOnlyList<string> _layers;
    private readonly IReadOnlyList<int> _owners;
    private readonly IReadOnlyList<GroupFindings> _groups;
    private readonly IReadOnlyList<EvaPass> _passes;

    /// <summary>Takes ownership of the groups.</summary>
    /// <param name="options">The warm-up's.</param>
    /// <param name="layers">The analysed layers' names, in the plan's order.</param>
    /// <param name="owners">For each layer the place of the first layer with the same input.</param>
    /// <param name="groups">What was found, per input.</param>
    /// <param name="passes">What each mini-batch changed.</param>
    public EvaFindings(EvaOptions options, IReadOnlyList<string> layers, IReadOnlyList<int> owners, IReadOnlyList<GroupFindings> groups, IReadOnlyList<EvaPass> passes) =>
        (_options, _layers, _owners, _groups, _passes) = (options, layers, owners, groups, passes);

    /// <summary>Number of mini-batches analysed.</summary>
    public int Batches => _passes.Count;

    /// <summary>The ranks, alphas and each layer's A for one adapter.</summary>
    /// <param name="plan">The same layers that were analysed, with the ranks that make up the budget.</param>
    /// <param name="options">Differs from the warm-up's in nothing but how ranks are given away and how A follows from the components.</param>
    /// <param name="seed">From which everything random follows.</param>
    /// <param name="isRankStabilized">Whether the adapters scale by alpha/√rank.</param>
    /// <exception cref="ArgumentException">The plan has other layers, or asks for more components than were computed.</exception>
    public EvaResult Distribute(AdapterPlan plan, EvaOptions options, int seed, bool isRankStabilized)
    {
        if (!plan.Layers.Select(planned => planned.Layer.Name).SequenceEqual(_layers))
            throw new ArgumentException("The plan's layers are not those that the warm-up analysed.", nameof(plan));
        var demand = new RankDemand(plan, options, _owners);
        var groups = new List<GroupFindings>();
        try
        {
            foreach (var group in _groups)
                groups.Add(group.Leading(group.Members.Max(member => demand.Limits[member])));
            var byPlace = groups.SelectMany(group => group.Members.Select(member => (member, group))).ToDictionary(entry => entry.member, entry => entry.group);
            var ranks = demand.Allocate(place => byPlace[place].Components);
            return new EvaInitializer(options, seed, isRankStabilized).Create(plan, ranks, groups) with { Passes = _passes, HasConverged = HasConverged(groups, ranks) };
        }
        finally
        {
            foreach (var group in groups)
                group.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var group in _groups)
            group.Dispose();
    }

    private bool HasConverged(List<GroupFindings> groups, int[] ranks) =>
        _passes.Count >= _options.MinBatches
        && groups.Where(group => group.IsClosed || group.Convergence.IsStable(group.Members.Max(member => ranks[member]))).Sum(group => group.Members.Count) >= _options.StableLayers * _layers.Count;
}
