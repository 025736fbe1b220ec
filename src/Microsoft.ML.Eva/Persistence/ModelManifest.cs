using System.Text.Json.Serialization;

namespace Microsoft.ML.Eva.Persistence;

/// <summary>
/// manifest.json of a saved model: the one description of the format. Beside it in the model's folder of the zip lie
/// <c>config.json</c> (the network's), <c>weights.safetensors</c> (all of its parameters, adapters merged), <c>labels.json</c>
/// (the classes' values and their type; not for regression), <c>report.json</c> and one entry for each of <see cref="Files"/>.
/// </summary>
internal sealed record ModelManifest : SavedManifest
{
    /// <summary>What the model does, as <see cref="ModelTasks"/> names it.</summary>
    public required string Task { get; init; }

    /// <summary>The input columns.</summary>
    public required IReadOnlyList<string> InputColumns { get; init; }

    /// <summary>The column of scores.</summary>
    public required string ScoreColumn { get; init; }

    /// <summary>The column of the predicted class; not of regressions, whose score says it all.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PredictedLabelColumn { get; init; }

    /// <summary>The probability from which a label is predicted; only of models of several labels at once.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Threshold { get; init; }

    /// <summary>The head's kind.</summary>
    public required HeadKind Head { get; init; }

    /// <summary>Number of outputs.</summary>
    public required int Outputs { get; init; }

    /// <summary>The most tokens of a row; only of models for texts.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? MaxTokens { get; init; }

    /// <summary>Side of the square input; null: what the checkpoint's preprocessor_config.json, one of <see cref="Files"/>, says. Only of models for pictures.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? ImageSize { get; init; }

    /// <summary>The folder that paths start from. Only of models for pictures.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ImageFolder { get; init; }

    /// <summary>Names of the checkpoint's small files (tokenizer, pooling, preprocessing), stored as <c>file.0</c>, <c>file.1</c>, …</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>In which numbers the network multiplies when it scores.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ComputePrecision Precision { get; init; }

    /// <summary>Reads and checks a manifest.</summary>
    /// <exception cref="InvalidDataException">It is broken or too new.</exception>
    public static ModelManifest Parse(ReadOnlySpan<byte> json) => Parse<ModelManifest>(json, manifest =>
        manifest.Outputs < 1 || manifest.MaxTokens < 1 || manifest.ImageSize < 1 || manifest.Threshold is <= 0 or >= 1 || manifest.InputColumns.Count is < 1 or > 2
            ? throw new InvalidDataException("The model file's manifest.json gives impossible numbers of outputs, tokens, pixels or input columns, or an impossible threshold.")
            : manifest);
}
