using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.Eva.Persistence.Peft;

/// <summary>adapter_config.json as read: typed access to its keys, with messages that name the file and the key.</summary>
internal sealed class PeftConfig
{
    /// <summary>The file's name in its folder.</summary>
    public const string FileName = "adapter_config.json";

    private const long LargestFile = 16 << 20;
    private readonly JsonElement _root;

    private PeftConfig(JsonElement root, string source) => (_root, Source) = (root, source);

    /// <summary>What messages call the file.</summary>
    public string Source { get; }

    /// <summary>The names of all keys.</summary>
    public IEnumerable<string> Keys => _root.EnumerateObject().Select(property => property.Name);

    /// <summary>Reads the file of a folder.</summary>
    /// <exception cref="InvalidDataException">It is missing or no JSON object.</exception>
    public static PeftConfig Read(string folder)
    {
        var file = new FileInfo(Path.Combine(folder, FileName));
        var source = $"{FileName} of '{Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))}'";
        if (!file.Exists)
            throw new InvalidDataException($"'{Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))}' is no PEFT adapter folder: it has no {FileName}.");
        if (file.Length > LargestFile)
            throw new InvalidDataException($"{source} has {file.Length} bytes; at most {LargestFile} are read.");
        return Parse(File.ReadAllBytes(file.FullName), source);
    }

    /// <summary>Reads the bytes of a file.</summary>
    /// <inheritdoc cref="Read"/>
    public static PeftConfig Parse(byte[] json, string source)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 16 });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new PeftConfig(document.RootElement.Clone(), source)
                : throw new InvalidDataException($"{source} is not a JSON object.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{source} is not JSON: {e.Message}", e);
        }
    }

    /// <summary>An exception about one key.</summary>
    public InvalidDataException Fault(string key, string fault) => new($"{Source}: '{key}' {fault}.");

    /// <summary>Whether a key is there with a value other than null, false, or an empty list, object or text.</summary>
    public bool IsSet(string key) => Find(key) is { } value && value.ValueKind switch
    {
        JsonValueKind.False => false,
        JsonValueKind.Array => value.GetArrayLength() > 0,
        JsonValueKind.Object => value.EnumerateObject().Any(),
        JsonValueKind.String => value.GetString()!.Length > 0,
        _ => true,
    };

    /// <summary>A value as it stands in the file, shortened for messages.</summary>
    public string Show(string key) => Find(key)?.GetRawText() is { } text ? (text.Length <= 60 ? text : text[..60] + "…") : "null";

    /// <summary>A text, or null where the key is absent or null.</summary>
    public string? Text(string key) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        _ => throw Fault(key, $"is {Show(key)}, not a text"),
    };

    /// <summary>Whether a value is one; another value's absence means <paramref name="absent"/>.</summary>
    public bool Boolean(string key, bool absent) => Find(key) switch
    {
        null => absent,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Fault(key, $"is {Show(key)}, not true or false"),
    };

    /// <summary>A whole number from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public int Integer(string key, int absent, int least, int most)
    {
        if (Find(key) is not { } value)
            return absent;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least && number <= most
            ? number
            : throw Fault(key, string.Create(CultureInfo.InvariantCulture, $"is {Show(key)}, but must be a whole number from {least} to {most}"));
    }

    /// <summary>A finite number for which <paramref name="isUsable"/> holds.</summary>
    public double Number(string key, double absent, Func<double, bool> isUsable, string wanted) =>
        Find(key) is { } value ? Number(value, key, isUsable, wanted) : absent;

    private double Number(JsonElement value, string key, Func<double, bool> isUsable, string wanted) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) && isUsable(number)
            ? number
            : throw Fault(key, $"is {Show(key)}, but must be {wanted}");

    /// <summary>A list of texts; null where the key is absent or null.</summary>
    public IReadOnlyList<string>? Texts(string key)
    {
        if (Find(key) is not { } value)
            return null;
        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(item => item.GetString()!)]
            : throw Fault(key, $"is {Show(key)}, not a list of texts");
    }

    /// <summary>The value of a key, or null where it is absent or null.</summary>
    public JsonElement? Find(string key) => _root.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>An object's entries in the file's order, each a finite number for which <paramref name="isUsable"/> holds.</summary>
    public IReadOnlyList<(string Key, double Value)> Numbers(string key, Func<double, bool> isUsable, string wanted)
    {
        if (Find(key) is not { } value)
            return [];
        return value.ValueKind == JsonValueKind.Object
            ? [.. value.EnumerateObject().Select(entry => (entry.Name, Number(entry.Value, $"{key}.{entry.Name}", isUsable, wanted)))]
            : throw Fault(key, $"is {Show(key)}, not an object");
    }
}
