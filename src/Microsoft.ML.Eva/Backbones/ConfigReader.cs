using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.Eva.Backbones;

/// <summary>
/// Typed and bounded access to config.json, which is not trusted: whatever is missing, of another type or absurd ends in an
/// <see cref="InvalidDataException"/> that names the key. JSON's null counts as absent.
/// </summary>
internal sealed class ConfigReader(JsonElement root, string source, double? dropout = null)
{
    /// <summary>The most that any width, length or count but the vocabulary's may be: far above every published model.</summary>
    public const int LargestSize = 1 << 20;

    /// <summary>The most layers a network may have.</summary>
    public const int MostLayers = 512;

    /// <summary>What messages call the checkpoint.</summary>
    public string Source { get; } = source;

    /// <summary>A whole number between <paramref name="least"/> and <paramref name="most"/>; required unless <paramref name="absent"/> is given.</summary>
    public int Integer(string name, int least, int most, int? absent = null)
    {
        if (Find(name) is not { } value)
            return absent ?? throw Missing(name);
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least && number <= most)
            return number;
        throw Fault(name, $"is {Excerpt(value)}; it must be a whole number from {least} to {most}");
    }

    /// <summary>A width, length or count from 1 to <see cref="LargestSize"/>.</summary>
    public int Size(string name, int? absent = null) => Integer(name, 1, LargestSize, absent);

    /// <summary>A list of sizes from 1 to <see cref="LargestSize"/>, at most <see cref="MostLayers"/> of them; required.</summary>
    public IReadOnlyList<int> Sizes(string name)
    {
        var value = Find(name) ?? throw Missing(name);
        return value.ValueKind == JsonValueKind.Array && value.GetArrayLength() is > 0 and <= MostLayers
            && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var size) && size is > 0 and <= LargestSize)
            ? [.. value.EnumerateArray().Select(item => item.GetInt32())]
            : throw Fault(name, $"is {Excerpt(value)}; it must be a list of whole numbers from 1 to {LargestSize}");
    }

    /// <summary>A finite number between <paramref name="least"/> and <paramref name="most"/>; required unless <paramref name="absent"/> is given.</summary>
    public double Number(string name, double least, double most, double? absent = null)
    {
        if (Find(name) is not { } value)
            return absent ?? throw Missing(name);
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= least && number <= most)
            return number;
        throw Fault(name, string.Create(CultureInfo.InvariantCulture, $"is {Excerpt(value)}; it must be a number from {least} to {most}"));
    }

    /// <summary>A dropout rate: the user's if there is one, else the checkpoint's.</summary>
    public double Dropout(string name, double absent)
    {
        var rate = Number(name, 0, 1, absent); // checked even where the user's wins
        return dropout ?? rate;
    }

    /// <summary>The epsilon of a normalisation.</summary>
    public double Epsilon(string name, double absent) => Number(name, 0, 1, absent);

    /// <summary>true or false.</summary>
    public bool Flag(string name, bool absent) => Find(name)?.ValueKind switch
    {
        null => absent,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Fault(name, $"is {Excerpt(Find(name)!.Value)}; it must be true or false"),
    };

    /// <summary>A string.</summary>
    public string Text(string name, string absent)
    {
        if (Find(name) is not { } value)
            return absent;
        return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Fault(name, $"is {Excerpt(value)}; it must be a string");
    }

    /// <summary>The value as it stands, or null.</summary>
    public JsonElement? Find(string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>Throws unless <paramref name="width"/> splits evenly over the heads.</summary>
    public void CheckDivides(string widthName, int width, string headsName, int heads)
    {
        if (width % heads != 0)
            throw new InvalidDataException($"config.json of {Source}: {widthName} is {width}, which is no multiple of {headsName}, {heads}.");
    }

    /// <summary>An exception that names the key.</summary>
    public InvalidDataException Fault(string name, string what) => new($"config.json of {Source}: '{name}' {what}.");

    private InvalidDataException Missing(string name) => Fault(name, "is missing");

    private static string Excerpt(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length <= 60 ? text : text[..60] + "…";
    }
}
