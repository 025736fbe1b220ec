using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>AdaLoRA's part in training: the orthogonality term and the pruning of triplets by importance over all layers.</summary>
internal sealed class AdaLoraTraining : IAdapterTraining
{
    private readonly IReadOnlyList<AdaLoraAdapter> _adapters;
    private readonly AdaLoraSchedule _schedule;
    private readonly double _orthogonalityWeight;
    private readonly TripletImportance[] _importances;

    public AdaLoraTraining(IReadOnlyList<AdaLoraAdapter> adapters, AdaLoraOptions options, int totalSteps)
    {
        _adapters = adapters;
        _schedule = AdaLoraSchedule.Create(options, adapters.Count, totalSteps);
        _orthogonalityWeight = options.OrthogonalityWeight;
        _importances = [.. adapters.Select(adapter => new TripletImportance(adapter, options.ImportanceDecay, options.UncertaintyDecay))];
    }

    /// <summary>The triplets that may stay after <paramref name="step"/>.</summary>
    public int BudgetAfter(int step) => _schedule.BudgetAfter(step);

    /// <inheritdoc/>
    public Tensor? Penalty()
    {
        if (_orthogonalityWeight == 0)
            return null;
        using var scope = NewDisposeScope();
        // Norms, not squared: PEFT's form, which differs from the paper's equation 4.
        var norms = _adapters.SelectMany(adapter => new[] { Deviation(adapter.A.Value), Deviation(adapter.B.Value.t()) });
        return stack(norms).mean().Times(_orthogonalityWeight).MoveToOuterDisposeScope();
    }

    private static Tensor Deviation(Tensor rows)
    {
        using var scope = NewDisposeScope();
        return (rows.mm(rows.t()) - eye(rows.shape[0], device: rows.device)).norm().MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void AfterStep(int step)
    {
        if (step < _schedule.LastPruning)
            foreach (var importance in _importances)
                importance.Update();
        if (_schedule.PrunesAfter(step))
            Prune(_schedule.InitialBudget - _schedule.BudgetAfter(step));
        else if (step > _schedule.LastPruning)
            MaskAgain();
    }

    // Scores equal to the threshold go too, as in PEFT; without that, ties would have to be broken by the order of layers.
    private void Prune(int surplus)
    {
        if (surplus == 0)
            return;
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var scores = _importances.Select(importance => importance.Scores()).ToList();
        var (threshold, _) = kthvalue(cat(scores), surplus, 0);
        for (var i = 0; i < _adapters.Count; i++)
        {
            var kept = scores[i].gt(threshold);
            _adapters[i].E.Value.masked_fill_(kept.logical_not().unsqueeze(1), Scalars.Of(0));
            using var onHost = kept.cpu();
            _adapters[i].Kept = [.. onHost.data<bool>()];
        }
    }

    // The optimizer's momentum moves masked entries; they are put back.
    private void MaskAgain()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        foreach (var adapter in _adapters)
            if (adapter.Kept is { } kept)
                adapter.E.Value.masked_fill_(tensor(kept.Select(k => !k).ToArray(), device: adapter.E.Value.device).unsqueeze(1), Scalars.Of(0));
    }

    /// <inheritdoc/>
    public Dictionary<string, Tensor> Save()
    {
        var state = new Dictionary<string, Tensor>();
        for (var i = 0; i < _adapters.Count; i++)
        {
            foreach (var (name, moving) in _importances[i].State)
                state[$"{i}.{name}"] = moving.clone();
            if (_adapters[i].Kept is { } kept)
                state[$"{i}.kept"] = tensor(kept.ToArray());
        }
        return state;
    }

    /// <inheritdoc/>
    public void Restore(IReadOnlyDictionary<string, Tensor> state)
    {
        using var frozen = no_grad();
        for (var i = 0; i < _adapters.Count; i++)
        {
            foreach (var (name, moving) in _importances[i].State)
            {
                if (!state.TryGetValue($"{i}.{name}", out var saved) || !saved.shape.AsSpan().SequenceEqual(moving.shape))
                    throw new InvalidDataException($"The saved state of AdaLoRA lacks '{i}.{name}' or has it in another shape.");
                moving.copy_(saved);
            }
            _adapters[i].Kept = state.TryGetValue($"{i}.kept", out var kept) ? [.. kept.data<bool>()] : null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var importance in _importances)
            importance.Dispose();
    }
}
