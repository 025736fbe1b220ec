namespace Microsoft.ML.Eva;

/// <summary>A world that a policy can act in: a simulation, a game, a machine. One episode at a time.</summary>
/// <remarks>The library calls it from one thread at a time and disposes it after its episode if it is <see cref="IDisposable"/>.</remarks>
public interface IEnvironment
{
    /// <summary>Begins an episode.</summary>
    /// <param name="seed">Decides all that is random in it.</param>
    /// <returns>The first state. It is copied before the next call.</returns>
    float[] Reset(int seed);

    /// <summary>Takes an action.</summary>
    /// <param name="action">The action; it must not be kept.</param>
    /// <returns>What came of it.</returns>
    EnvironmentStep Step(ReadOnlySpan<float> action);
}
