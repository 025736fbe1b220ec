namespace Microsoft.ML.Eva.Data;

/// <summary>Rows to train on and rows to validate on, where nobody gave the latter.</summary>
internal static class RowSplit
{
    /// <summary>Sets a fraction of the rows apart, the same for the same seed; null where it is 0.</summary>
    /// <exception cref="ArgumentException">One of the sides would be empty.</exception>
    public static (int[] Train, int[] Validation)? Create(int rowCount, double fraction, int seed)
    {
        if (fraction == 0)
            return null;
        var apart = (int)Math.Round(rowCount * fraction);
        if (apart == 0 || apart == rowCount)
            throw new ArgumentException($"{nameof(TrainingOptions.ValidationFraction)} {fraction} of {rowCount} rows leaves no row for {(apart == 0 ? "validation" : "training")}.");
        var order = Enumerable.Range(0, rowCount).ToArray();
        new Random(seed).Shuffle(order);
        return (order[apart..], order[..apart]);
    }
}
