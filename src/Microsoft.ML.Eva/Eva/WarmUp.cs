using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Eva;

/// <summary>
/// The state of one warm-up: which groups of layers are still watched, their decompositions, the ranks so far. It may serve several
/// adapters at once; a layer's rank then is the largest that one of them would give it.
/// </summary>
internal sealed class WarmUp : IDisposable
{
    private readonly AdapterPlan _plan;
    private readonly EvaOptions _options;
    private readonly SharedInputs _inputs;
    private readonly IReadOnlyList<RankDemand> _demands;
    private readonly List<EvaPass> _passes = [];
    private int[] _ranks;

    /// <summary>Begins with no rows seen and every layer at its largest rank.</summary>
    public WarmUp(AdapterPlan plan, EvaOptions options, SharedInputs inputs, IReadOnlyList<RankDemand> demands, Func<int, RunningDecomposition> createDecomposition)
    {
        (_plan, _options, _inputs, _demands) = (plan, options, inputs, demands);
        Limits = [.. plan.Layers.Select((_, place) => demands.Max(demand => demand.Limits[place]))];
        Groups = [.. Enumerable.Range(0, plan.Layers.Count).GroupBy(place => inputs.Owners[place]).Select(members => CreateGroup([.. members], createDecomposition))];
        _ranks = [.. Limits];
    }

    /// <summary>The most ranks each planned layer may get.</summary>
    public IReadOnlyList<int> Limits { get; }

    /// <summary>Layers with equal inputs, together.</summary>
    public IReadOnlyList<InputGroup> Groups { get; }

    /// <summary>Each planned layer's rank so far.</summary>
    public IReadOnlyList<int> Ranks => _ranks;

    /// <summary>What each mini-batch changed.</summary>
    public IReadOnlyList<EvaPass> Passes => _passes;

    /// <summary>Whether every layer has components.</summary>
    public bool HasComponents => Groups.All(group => group.Components is not null);

    /// <summary>Whether enough layers have converged.</summary>
    public bool HasConverged => IsConverged(_passes.Count);

    /// <summary>Whether the group's components in use are stable.</summary>
    public bool IsStable(InputGroup group) => group.IsStable(group.Members.Max(member => _ranks[member]));

    /// <summary>Runs one batch through the network and brings the decompositions of all layers that have not converged up to date.</summary>
    public void Pass(Backbone backbone, Batch batch, TokenSelection selection, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var watched = Groups.Where(group => _passes.Count < _options.MinBatches || !(group.IsClosed || IsStable(group))).ToList();
        List<LayerUpdate> updates = [];
        var callsLeft = watched.Sum(group => _inputs.Calls[group.Members[0]]);
        using var everything = new TokenSelection(null);
        using (new ActivationCapture([.. watched.Select(group => _plan.Layers[group.Members[0]].Layer)], Observe))
        {
            try
            {
                backbone.Forward(batch, mode);
            }
            catch (ForwardPassComplete)
            {
            }
        }
        CompletePass(updates);

        void Observe(int place, Tensor x)
        {
            var owner = watched[place].Members[0];
            using var rows = LayerInput.Rows(_plan.Layers[owner].Layer, x, _inputs.BelongToTokens[owner] ? selection : everything);
            if (rows is not null && AddRows(watched[place], rows) is { } update)
                updates.Add(update);
            if (--callsLeft == 0)
                throw new ForwardPassComplete();
        }
    }

    /// <summary>Brings all components to the solver's full accuracy and the ranks with them: once, when no more rows come.</summary>
    public void Refine()
    {
        if (!HasComponents)
            return;
        RefineComponents();
        _passes[^1] = _passes[^1] with { Ranks = [.. _ranks], StableLayers = StableLayers() };
    }

    /// <summary>What was found, for every adapter the warm-up was made for.</summary>
    public EvaFindings Conclude() => new(_options, [.. _plan.Layers.Select(planned => planned.Layer.Name)], _inputs.Owners, [.. Groups.Select(group => group.Conclude())], [.. _passes]);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var group in Groups)
            group.Dispose();
    }

    private bool IsConverged(int passes) => passes >= _options.MinBatches && StableLayers() >= _options.StableLayers * _plan.Layers.Count;

    private void RefineComponents()
    {
        foreach (var group in Groups)
            group.Refine();
        Distribute();
    }

    private InputGroup CreateGroup(int[] members, Func<int, RunningDecomposition> createDecomposition)
    {
        var count = members.Max(member => Limits[member]);
        return new InputGroup(members, count, createDecomposition(count), new Convergence(_options.ConvergenceMeasure, _options.Tau, _options.StableComponents), _options.JoinsShortBatches);
    }

    private LayerUpdate? AddRows(InputGroup group, Tensor rows)
    {
        var name = _plan.Layers[group.Members[0]].Layer.Name;
        // One NaN or infinity makes the sum one; finite float32 values cannot overflow it.
        using (var sum = rows.sum(float64))
            if (!double.IsFinite(sum.item<double>()))
                throw new InvalidDataException($"'{name}' receives numbers that are not finite (NaN or infinite) in mini-batch {_passes.Count + 1} of EVA's warm-up, so it has no principal components. Check the checkpoint's weights and the inputs.");
        var before = group.Components?.RowCount ?? 0;
        if (!group.Add(rows))
            return null;
        var now = group.Components!;
        return new LayerUpdate(name, now.RowCount - before, now.ExplainedVarianceRatio(), [.. group.Similarities]);
    }

    private void CompletePass(List<LayerUpdate> updates)
    {
        if (HasComponents)
            Distribute();
        // Accurate components can move a rank; if then a layer is no longer stable, the warm-up goes on.
        if (HasComponents && IsConverged(_passes.Count + 1))
            RefineComponents();
        foreach (var group in Groups.Where(group => !_options.WatchesAgain && group.Components is not null && IsStable(group)))
            group.IsClosed = true;
        var inUse = Groups.SelectMany(group => group.Similarities.Take(group.Members.Max(member => _ranks[member]))).ToList();
        _passes.Add(new EvaPass(_passes.Count + 1, updates, HasComponents ? [.. _ranks] : null, StableLayers(), inUse.Count == 0 ? double.NaN : inUse.Average()));
    }

    private void Distribute()
    {
        var byPlace = Groups.SelectMany(group => group.Members.Select(member => (member, group))).ToDictionary(entry => entry.member, entry => entry.group);
        var ranks = _demands.Select(demand => demand.Allocate(place => byPlace[place].Components!)).ToList();
        _ranks = [.. Limits.Select((_, place) => ranks.Max(one => one[place]))];
    }

    private int StableLayers() => Groups.Where(group => group.IsClosed || IsStable(group)).Sum(group => group.Members.Count);
}
