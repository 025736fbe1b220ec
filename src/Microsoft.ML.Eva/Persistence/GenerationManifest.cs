using System.Text.Json.Serialization;

namespace Microsoft.ML.Eva.Persistence;

/// <summary>
/// manifest.json of a saved text generator. Beside it in the model's folder of the zip lie <c>config.json</c> and
/// <c>weights.safetensors</c> (the network's, adapters merged), the tokenizer's files as <c>file.0</c>, <c>file.1</c>, … and <c>report.json</c>.
/// </summary>
internal sealed record GenerationManifest : SavedManifest
{
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

    /// <summary>In which numbers the network multiplies when it writes.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ComputePrecision Precision { get; init; }

    /// <summary>Reads and checks a manifest.</summary>
    /// <exception cref="InvalidDataException">It is broken or too new.</exception>
    public static GenerationManifest Parse(ReadOnlySpan<byte> json) => Parse<GenerationManifest>(json, manifest =>
    {
        if (manifest.PromptColumn.Length == 0 || manifest.OutputColumn.Length == 0)
            throw new InvalidDataException("The model file's manifest.json names no columns.");
        if (manifest.Files.Any(name => !IsInside(name)))
            throw new InvalidDataException($"The model file's manifest.json names files that would not lie in a checkpoint's folder: {string.Join(", ", manifest.Files.Where(name => !IsInside(name)).Select(name => $"'{name}'"))}.");
        return manifest with { Decoding = manifest.Decoding.CheckedCopy(nameof(Decoding)) };
    });

    // SaveCheckpoint writes files of these names, and a model file may come from anybody.
    private static bool IsInside(string? name) =>
        name is not null && name.IndexOfAny(['\\', ':', '\0']) < 0 && name.Split('/').All(part => part is not ("" or "." or ".."));
}
