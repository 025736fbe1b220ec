namespace Microsoft.ML.Eva.Data;

/// <summary>Which rows meet in which batch: a pure function of the rows' lengths, the seed and the epoch.</summary>
internal static class EpochOrder
{
    /// <summary>
    /// Batches sorted by length only within a window of this many: long enough that a batch needs little padding, short enough that
    /// which rows meet still changes from epoch to epoch.
    /// </summary>
    private const int WindowInBatches = 50;

    /// <summary>Rows 0 to <paramref name="rowCount"/> − 1 in random order, cut into batches.</summary>
    public static int[][] Shuffled(int rowCount, int batchSize, int seed, int epoch)
    {
        var random = CreateRandom(seed, epoch);
        return Cut(ShuffledRows(rowCount, random), batchSize);
    }

    /// <summary>As <see cref="Shuffled"/>, but rows of similar length meet, and the batches come in random order.</summary>
    /// <param name="lengths">Tokens of every row.</param>
    /// <param name="batchSize">Rows in a batch.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">Passes already made.</param>
    public static int[][] ShuffledByLength(ReadOnlySpan<int> lengths, int batchSize, int seed, int epoch)
    {
        var random = CreateRandom(seed, epoch);
        var rows = ShuffledRows(lengths.Length, random);
        var keys = new int[rows.Length];
        for (var i = 0; i < rows.Length; i++)
            keys[i] = lengths[rows[i]];
        var window = (int)Math.Min((long)batchSize * WindowInBatches, int.MaxValue);
        for (long start = 0; start < rows.Length; start += window)
            SortStably(keys, rows, (int)start, (int)Math.Min(window, rows.Length - start));
        var batches = Cut(rows, batchSize);
        random.Shuffle(batches);
        return batches;
    }

    /// <summary>All rows, longest first, so that the largest batch, which needs most memory, comes at once; cut into batches.</summary>
    public static int[][] LongestFirst(ReadOnlySpan<int> lengths, int batchSize)
    {
        var rows = new int[lengths.Length];
        var keys = new int[lengths.Length];
        for (var i = 0; i < rows.Length; i++)
            (rows[i], keys[i]) = (i, -lengths[i]);
        SortStably(keys, rows, 0, rows.Length);
        return Cut(rows, batchSize);
    }

    /// <summary>A generator of its own for every pair of seed and epoch; neighbouring pairs have nothing in common.</summary>
    public static Random CreateRandom(int seed, int epoch)
    {
        // splitmix64's finaliser
        var mixed = unchecked((ulong)(uint)seed << 32 | (uint)epoch) + 0x9E3779B97F4A7C15;
        mixed = unchecked((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9);
        mixed = unchecked((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB);
        return new Random((int)((mixed ^ (mixed >> 31)) & int.MaxValue));
    }

    private static int[] ShuffledRows(int count, Random random)
    {
        var rows = new int[count];
        for (var i = 0; i < count; i++)
            rows[i] = i;
        random.Shuffle(rows);
        return rows;
    }

    // Array.Sort leaves equal keys in an order of its own; the place breaks ties, so that the result is defined by us.
    private static void SortStably(int[] keys, int[] rows, int start, int count)
    {
        var composed = new long[count];
        for (var i = 0; i < count; i++)
            composed[i] = (long)keys[start + i] << 32 | (uint)i;
        var sorted = new int[count];
        Array.Sort(composed);
        for (var i = 0; i < count; i++)
            sorted[i] = rows[start + (int)(composed[i] & uint.MaxValue)];
        sorted.CopyTo(rows, start);
    }

    private static int[][] Cut(int[] rows, int batchSize) => [.. rows.Chunk(batchSize)];
}
