using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Eva.Persistence;

/// <summary>What the manifest.json of every kind of saved model says, and how it is written and read.</summary>
internal abstract record SavedManifest
{
    /// <summary>The newest format this library reads and the one it writes.</summary>
    public const int CurrentFormat = 1;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        MaxDepth = 16,
    };

    /// <summary>Counts up with each change of the format.</summary>
    [JsonPropertyOrder(-2)]
    public int Format { get; init; } = CurrentFormat;

    /// <summary>Name of the checkpoint that the model started from.</summary>
    [JsonPropertyOrder(-1)]
    public required string Checkpoint { get; init; }

    /// <summary>The format that the weights were saved in; they are loaded as 32-bit numbers.</summary>
    public WeightFormat Weights { get; init; }

    /// <summary>The manifest as UTF-8 JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, GetType(), Json);

    /// <summary>Reads a manifest, of which <paramref name="check"/> looks at what only its kind has.</summary>
    /// <exception cref="InvalidDataException">It is broken or too new.</exception>
    protected static T Parse<T>(ReadOnlySpan<byte> json, Func<T, T> check) where T : SavedManifest
    {
        try
        {
            var manifest = JsonSerializer.Deserialize<T>(json, Json) ?? throw new InvalidDataException("The model file's manifest.json is empty.");
            return manifest.Format is >= 1 and <= CurrentFormat
                ? check(manifest)
                : throw new InvalidDataException($"The model file has format {manifest.Format}; this version of Microsoft.ML.Eva reads 1 to {CurrentFormat}. Update the package.");
        }
        catch (Exception e) when (e is JsonException or ArgumentException or NotSupportedException)
        {
            throw new InvalidDataException($"The model file's manifest.json is broken: {e.Message}", e);
        }
    }
}
