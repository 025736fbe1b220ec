using Microsoft.ML.Eva;

namespace Microsoft.ML;

/// <summary>Puts policies beside ML.NET's own tasks.</summary>
public static class DecisionMakingExtensions
{
    /// <summary>Learning to act from recorded episodes: a catalog of its own, since none of ML.NET's has trainers and metrics for it.</summary>
    /// <param name="mlContext">The context, which gives seed, device and log.</param>
    public static DecisionMakingCatalog DecisionMaking(this MLContext mlContext)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        return new DecisionMakingCatalog(mlContext);
    }
}
