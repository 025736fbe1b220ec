using Microsoft.ML.Eva.Data.Trajectories;

namespace Microsoft.ML.Eva.Persistence;

/// <summary>
/// manifest.json of a saved policy. Beside it in the model's folder of the zip lie <c>config.json</c> and <c>weights.safetensors</c> (the
/// network's, adapters merged), <c>policy.json</c> (<see cref="PolicySettings"/>) and <c>report.json</c>.
/// </summary>
internal sealed record PolicyManifest : SavedManifest
{
    /// <summary>The columns of episodes.</summary>
    public required PolicyColumns Columns { get; init; }

    /// <summary>Reads and checks a manifest.</summary>
    /// <exception cref="InvalidDataException">It is broken or too new.</exception>
    public static PolicyManifest Parse(ReadOnlySpan<byte> json) => Parse<PolicyManifest>(json, manifest => manifest);
}
