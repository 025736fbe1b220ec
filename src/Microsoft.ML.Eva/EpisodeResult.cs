namespace Microsoft.ML.Eva;

/// <summary>How one episode went.</summary>
/// <param name="Seed">The seed that its environment began with.</param>
/// <param name="Return">The sum of the rewards.</param>
/// <param name="Steps">Actions taken.</param>
/// <param name="IsSuccess">Whether the task was solved.</param>
public sealed record EpisodeResult(int Seed, double Return, int Steps, bool IsSuccess);
