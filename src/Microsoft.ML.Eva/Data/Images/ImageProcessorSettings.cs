using System.Text.Json;

namespace Microsoft.ML.Eva.Data.Images;

/// <summary>Reads settings of a preprocessor_config.json; messages name the setting and what was found.</summary>
internal sealed class ImageProcessorSettings(JsonElement root)
{
    private const int LargestSide = 1 << 14;

    /// <summary>A size in one of the forms that transformers has written over time; one of the three is set.</summary>
    public readonly record struct PictureSize(int Number, int? ShortestEdge, (int Height, int Width)? Rectangle);

    /// <summary>A word, or null if there is none.</summary>
    public string? Text(string name) => Find(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>True or false.</summary>
    public bool Boolean(string name, bool fallback) => Find(name) switch
    {
        null => fallback,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } value => throw Wrong(name, value, "true or false"),
    };

    /// <summary>A finite number.</summary>
    public double Number(string name, double fallback) => Find(name) is { } value ? Number(value, name) : fallback;

    /// <summary>Three numbers, one a channel; one number counts for all.</summary>
    public IReadOnlyList<double> Channels(string name, double[] fallback)
    {
        if (Find(name) is not { } value)
            return fallback;
        if (value.ValueKind == JsonValueKind.Number)
            return [.. Enumerable.Repeat(Number(value, name), 3)];
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() != 3)
            throw Wrong(name, value, "three numbers");
        double[] numbers = [.. value.EnumerateArray().Select(item => Number(item, name))];
        return name == "image_std" && numbers.Contains(0) ? throw Wrong(name, value, "three numbers other than 0") : numbers;
    }

    /// <summary>The filter's number in Pillow.</summary>
    public ResampleFilter Filter(ResampleFilter fallback) => Find("resample") switch
    {
        null => fallback,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt32(out var number) && number is >= 1 and <= 3 =>
            number == 1 ? ResampleFilter.Lanczos : number == 2 ? ResampleFilter.Bilinear : ResampleFilter.Bicubic,
        { } value => throw Wrong("resample", value, "1 (Lanczos), 2 (bilinear) or 3 (bicubic)"),
    };

    /// <summary>A number, {"height", "width"} or {"shortest_edge"}.</summary>
    public PictureSize Size(string name, int fallback)
    {
        if (Find(name) is not { } value)
            return new PictureSize(fallback, null, null);
        if (value.ValueKind == JsonValueKind.Number)
            return new PictureSize(Side(value, name), null, null);
        if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("height", out var height) && value.TryGetProperty("width", out var width))
            return new PictureSize(0, null, (Side(height, name), Side(width, name)));
        if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("shortest_edge", out var edge) && !value.TryGetProperty("longest_edge", out _))
            return new PictureSize(0, Side(edge, name), null);
        throw Wrong(name, value, "a number, height and width, or shortest_edge");
    }

    private static int Side(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var side) && side is >= 1 and <= LargestSide
            ? side
            : throw Wrong(name, value, $"sides from 1 to {LargestSide}");

    private static double Number(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number)
            ? number
            : throw Wrong(name, value, "a number");

    private JsonElement? Find(string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static InvalidDataException Wrong(string name, JsonElement value, string wanted) =>
        new($"preprocessor_config.json has {name} {value.GetRawText()}, but it must be {wanted}.");
}
