namespace Microsoft.ML.Eva;

/// <summary>What came of an action.</summary>
/// <param name="State">The state after it. It is copied before the environment is called again.</param>
/// <param name="Reward">What the action earned.</param>
/// <param name="IsDone">Whether the episode is over.</param>
/// <param name="IsSuccess">Whether the task is solved. An episode counts as solved if any of its steps says so.</param>
public readonly record struct EnvironmentStep(float[] State, double Reward, bool IsDone, bool IsSuccess);
