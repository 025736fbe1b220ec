namespace Microsoft.ML.Eva.Data.Images;

/// <summary>
/// A row's own random numbers in an epoch, a function of seed, epoch and row alone: which thread draws first does not matter.
/// SplitMix64 (Steele, Lea, Flood 2014).
/// </summary>
internal struct RowRandom(ulong seed, long epoch, long row)
{
    private ulong _state = Mix(Mix(Mix(seed) ^ (ulong)epoch) ^ (ulong)row);

    /// <summary>The next number, from 0 on, below 1.</summary>
    public double NextDouble()
    {
        _state += 0x9E3779B97F4A7C15;
        return (Mix(_state) >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>The next number between two bounds.</summary>
    public double NextDouble(double least, double most) => least + ((most - least) * NextDouble());

    /// <summary>The next whole number from 0 on, below <paramref name="count"/>.</summary>
    public int Next(int count) => (int)(NextDouble() * count);

    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
