namespace Microsoft.ML.Eva;

/// <summary>How a policy did over episodes.</summary>
public sealed record PolicyMetrics
{
    internal PolicyMetrics(IReadOnlyList<EpisodeResult> episodes) => Episodes = episodes;

    /// <summary>Gets every episode, in the order of their seeds.</summary>
    public IReadOnlyList<EpisodeResult> Episodes { get; }

    /// <summary>Gets the part of the episodes that was solved, 0 to 1.</summary>
    public double SuccessRate => Episodes.Average(episode => episode.IsSuccess ? 1.0 : 0.0);

    /// <summary>Gets the mean return.</summary>
    public double MeanReturn => Episodes.Average(episode => episode.Return);

    /// <summary>Gets the mean number of steps.</summary>
    public double MeanSteps => Episodes.Average(episode => episode.Steps);
}
