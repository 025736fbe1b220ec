namespace Microsoft.ML.Eva;

/// <summary>The distribution that A's entries are drawn from.</summary>
public enum RandomDistribution
{
    /// <summary>Uniform in ±1/√in.</summary>
    Uniform,

    /// <summary>Normal with mean 0 and standard deviation 1/rank.</summary>
    Gaussian,
}
