using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Eva.Persistence;

/// <summary>
/// manifest.json of a saved text generator. Beside it in the model's folder of the zip lie <c>config.json</c> and
/// <c>weights.safetensors</c> (the network's, adapters merged), the tokenizer's files as <c>file.0</c>, <c>file.1</c>, … and <c>report.json</c>.
/// </summary>
internal sealed record GenerationManifest
{
    /// <summary>The newest format this library reads and the one it writes.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Counts up with each change of the format.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>Name of the checkpoint that the model started from.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>The column of prompts.</summary>
    public required string PromptColumn { get; init; }

    /// <summary>The column of texts that is added.</summary>
    public required string OutputColumn { get; init; }

    /// <summary>What stands between a prompt and what is written.</summary>
    public required string Separator { get; init; }

    /// <summary>How texts are written.</summary>
    public required DecodingOptions Decoding { get; init; }

    /// <summary>Names of the checkpoint's small files, in the order of their numbers.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>The format that the weights were saved in; they are loaded as 32-bit numbers.</summary>
    public WeightFormat Weights { get; init; }

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        MaxDepth = 16,
    };

    /// <summary>The manifest as UTF-8 JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <summary>Reads and checks a manifest.</summary>
    /// <exception cref="InvalidDataException">It is broken or too new.</exception>
    public static GenerationManifest Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            var manifest = JsonSerializer.Deserialize<GenerationManifest>(json, Json) ?? throw new InvalidDataException("The model file's manifest.json is empty.");
            if (manifest.Format is < 1 or > CurrentFormat)
                throw new InvalidDataException($"The model file has format {manifest.Format}; this version of Microsoft.ML.Eva reads 1 to {CurrentFormat}. Update the package.");
            if (manifest.PromptColumn.Length == 0 || manifest.OutputColumn.Length == 0)
                throw new InvalidDataException("The model file's manifest.json names no columns.");
            if (manifest.Files.Any(name => !IsInside(name)))
                throw new InvalidDataException($"The model file's manifest.json names files that would not lie in a checkpoint's folder: {string.Join(", ", manifest.Files.Where(name => !IsInside(name)).Select(name => $"'{name}'"))}.");
            return manifest with { Decoding = manifest.Decoding.CheckedCopy(nameof(Decoding)) };
        }
        catch (Exception e) when (e is JsonException or ArgumentException or NotSupportedException)
        {
            throw new InvalidDataException($"The model file's manifest.json is broken: {e.Message}", e);
        }
    }

    // SaveCheckpoint writes files of these names, and a model file may come from anybody.
    private static bool IsInside(string? name) =>
        name is not null && name.IndexOfAny(['\\', ':', '\0']) < 0 && name.Split('/').All(part => part is not ("" or "." or ".."));
}
