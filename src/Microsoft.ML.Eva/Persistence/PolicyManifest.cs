using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.Eva.Data.Trajectories;

namespace Microsoft.ML.Eva.Persistence;

/// <summary>
/// manifest.json of a saved policy. Beside it in the model's folder of the zip lie <c>config.json</c> and <c>weights.safetensors</c> (the
/// network's, adapters merged), <c>policy.json</c> (<see cref="PolicySettings"/>) and <c>report.json</c>.
/// </summary>
internal sealed record PolicyManifest
{
    /// <summary>The newest format this library reads and the one it writes.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Counts up with each change of the format.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>Name of the checkpoint that the model started from.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>The columns of episodes.</summary>
    public required PolicyColumns Columns { get; init; }

    /// <summary>The format that the weights were saved in; they are loaded as 32-bit numbers.</summary>
    public WeightFormat Weights { get; init; }

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        MaxDepth = 16,
    };

    /// <summary>The manifest as UTF-8 JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <summary>Reads and checks a manifest.</summary>
    /// <exception cref="InvalidDataException">It is broken or too new.</exception>
    public static PolicyManifest Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            var manifest = JsonSerializer.Deserialize<PolicyManifest>(json, Json) ?? throw new InvalidDataException("The model file's manifest.json is empty.");
            return manifest.Format is >= 1 and <= CurrentFormat
                ? manifest
                : throw new InvalidDataException($"The model file has format {manifest.Format}; this version of Microsoft.ML.Eva reads 1 to {CurrentFormat}. Update the package.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The model file's manifest.json is broken: {e.Message}", e);
        }
    }
}
