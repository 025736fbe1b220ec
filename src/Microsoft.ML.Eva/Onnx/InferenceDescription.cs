using System.Text.Json;
using System.Text.Json.Serialization;
using Onnx;

namespace Microsoft.ML.Eva.Onnx;

/// <summary>inference.json: all that a program must know of an exported model besides the files of others' formats. Also part of the model's metadata.</summary>
internal sealed record InferenceDescription
{
    /// <summary>The file's name.</summary>
    public const string FileName = "inference.json";

    /// <summary>The metadata's key in the model itself.</summary>
    public const string MetadataKey = "inference";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
    };

    /// <summary>Counts up with each change of the format.</summary>
    public int Format { get; init; } = 1;

    /// <summary>What the model does, as saved models name it: <c>text-classification</c>.</summary>
    public required string Task { get; init; }

    /// <summary>Name of the checkpoint that was fine-tuned.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>The version of ONNX's operators.</summary>
    public int Opset { get; init; } = GraphBuilder.Opset;

    /// <summary>Types and sizes of the inputs by name; a size in words is any size.</summary>
    public required IReadOnlyDictionary<string, TensorDescription> Inputs { get; init; }

    /// <summary>Types and sizes of the outputs by name.</summary>
    public required IReadOnlyDictionary<string, TensorDescription> Outputs { get; init; }

    /// <summary>The classes' names in the order of the outputs; empty where there are none.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>The probability from which a label is predicted; only where labels do not exclude each other.</summary>
    public double? Threshold { get; init; }

    /// <summary>The columns that Fit read, in the order in which texts go into the tokenizer.</summary>
    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>The most tokens of a row, special ones included; longer texts were cut, of a pair the longer text first. What is written after a prompt counts. Only of models for texts.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>What fills rows up to the longest of their batch. Only of models for texts.</summary>
    public int? PadTokenId { get; init; }

    /// <summary>What stands between a prompt and what is written after it. Only of models that write.</summary>
    public string? Separator { get; init; }

    /// <summary>The tokens that end a text; after the first of them a text without prompt begins. Only of models that write.</summary>
    public IReadOnlyList<int>? EndTokenIds { get; init; }

    /// <summary>How the model was to choose tokens. Only of models that write.</summary>
    public DecodingOptions? Decoding { get; init; }

    /// <summary>Describes a graph's inputs or outputs.</summary>
    public static Dictionary<string, TensorDescription> Describe(IReadOnlyList<ValueInfoProto> values) => values.ToDictionary(value => value.Name, value => new TensorDescription(
        value.Type.TensorType.ElemType == (int)TensorProto.Types.DataType.Float ? "float32" : "int64",
        [.. value.Type.TensorType.Shape.Dim.Select(size => size.DimParam.Length > 0 ? (object)size.DimParam : size.DimValue)]));

    /// <summary>The description as UTF-8 JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);
}
