namespace Microsoft.ML.Eva.Adapters;

/// <summary>AdaLoRA's budget of triplets over all layers: full for the first steps, then falling with the third power to its target, then constant.</summary>
/// <param name="InitialBudget">Triplets of all layers at the start.</param>
/// <param name="TargetBudget">Triplets of all layers at the end.</param>
/// <param name="InitialSteps">Last step with the full budget.</param>
/// <param name="LastPruning">The step in which ranks become final.</param>
/// <param name="Interval">Steps from one pruning to the next.</param>
internal sealed record AdaLoraSchedule(int InitialBudget, int TargetBudget, int InitialSteps, int LastPruning, int Interval)
{
    /// <summary>The schedule for <paramref name="layerCount"/> layers and a training of <paramref name="totalSteps"/> steps.</summary>
    /// <exception cref="ArgumentException">No step is left to prune in.</exception>
    public static AdaLoraSchedule Create(AdaLoraOptions options, int layerCount, int totalSteps)
    {
        var initialSteps = (int)Math.Round(options.InitialFraction * totalSteps);
        // At least the last step keeps the final ranks, so that training always ends on its target.
        var lastPruning = totalSteps - Math.Max(1, (int)Math.Round(options.FinalFraction * totalSteps));
        if (initialSteps >= lastPruning)
            throw new ArgumentException($"AdaLoRA has no step to prune in: of {totalSteps} steps the first {initialSteps} keep every rank and the last {totalSteps - lastPruning} the final ones. Train longer, or set InitialFraction and FinalFraction lower.", nameof(options));
        return new AdaLoraSchedule(layerCount * options.InitialRank, layerCount * options.TargetRank, initialSteps, lastPruning, options.PruningInterval);
    }

    /// <summary>The number of triplets that may stay after <paramref name="step"/>.</summary>
    public int BudgetAfter(int step)
    {
        if (step <= InitialSteps)
            return InitialBudget;
        if (step > LastPruning)
            return TargetBudget;
        var left = 1 - (step - InitialSteps) / (double)(LastPruning - InitialSteps);
        return (int)((InitialBudget - TargetBudget) * (left * left * left) + TargetBudget);
    }

    /// <summary>Whether <paramref name="step"/> prunes by importance.</summary>
    public bool PrunesAfter(int step) => step == LastPruning || (step > InitialSteps && step < LastPruning && step % Interval == 0);
}
