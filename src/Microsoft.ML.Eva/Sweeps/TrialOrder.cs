namespace Microsoft.ML.Eva.Sweeps;

/// <summary>Which trial is better: first the one that got further, then the better metric, the lower loss, the lower number. Those that failed come last.</summary>
internal sealed class TrialOrder(bool isHigherBetter) : IComparer<SweepTrial>
{
    /// <inheritdoc/>
    public int Compare(SweepTrial? x, SweepTrial? y)
    {
        var (first, second) = (x!, y!);
        var byFailure = (first.Error is not null).CompareTo(second.Error is not null);
        if (byFailure != 0)
            return byFailure;
        var byRungs = second.Rungs.CompareTo(first.Rungs);
        if (byRungs != 0)
            return byRungs;
        var byMetric = isHigherBetter ? Descending(first.Metric, second.Metric) : Ascending(first.Metric, second.Metric);
        if (byMetric != 0)
            return byMetric;
        var byLoss = Ascending(first.Loss, second.Loss);
        return byLoss != 0 ? byLoss : first.Number.CompareTo(second.Number);
    }

    // NaN, an undefined metric, is worse than any number.
    private static int Ascending(double first, double second) =>
        double.IsNaN(first) || double.IsNaN(second) ? double.IsNaN(first).CompareTo(double.IsNaN(second)) : first.CompareTo(second);

    private static int Descending(double first, double second) =>
        double.IsNaN(first) || double.IsNaN(second) ? double.IsNaN(first).CompareTo(double.IsNaN(second)) : second.CompareTo(first);
}
