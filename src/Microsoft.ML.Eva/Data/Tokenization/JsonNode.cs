using System.Text.Json;

namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>A value of an untrusted JSON file that knows its place, so that every complaint names file and path.</summary>
internal readonly struct JsonNode(TokenizerFiles files, string file, string parent, JsonElement element, int index = -1)
{
    /// <summary>The value itself.</summary>
    public JsonElement Element => element;

    /// <summary>The files it belongs to.</summary>
    public TokenizerFiles Files => files;

    /// <summary>The file it stands in.</summary>
    public string File => file;

    /// <summary>Where it stands; written out only when asked for, since vocabularies are long.</summary>
    private string Path => index < 0 ? parent : $"{parent}[{index}]";

    /// <summary>What to throw about this value.</summary>
    public InvalidDataException Fault(string fault) => files.Fault(file, Path is { Length: > 0 } path ? $"{path} {fault}" : fault);

    /// <summary>The component's "type".</summary>
    public string Type => Text("type");

    /// <summary>A part that may be missing or null.</summary>
    public JsonNode? Optional(string name)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw Fault($"should be an object, but is {TokenizerFiles.Describe(element)}.");
        try
        {
            return element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
                ? new(files, file, Path is { Length: > 0 } path ? $"{path}.{name}" : name, value)
                : null;
        }
        catch (InvalidOperationException e)
        {
            throw files.Fault(file, $"{Path} has a name that is no valid Unicode text: {e.Message}", e); // an unpaired surrogate
        }
    }

    /// <summary>A part that must be there.</summary>
    public JsonNode Required(string name) => Optional(name) ?? throw Fault($"lacks \"{name}\".");

    /// <summary>The entries of an array.</summary>
    public IEnumerable<JsonNode> Items()
    {
        if (element.ValueKind != JsonValueKind.Array)
            throw Fault($"should be an array, but is {TokenizerFiles.Describe(element)}.");
        var (itsFiles, itsFile, itsPath) = (files, file, Path);
        return element.EnumerateArray().Select((item, i) => new JsonNode(itsFiles, itsFile, itsPath, item, i));
    }

    /// <summary>The entries of an object.</summary>
    public IEnumerable<(string Name, JsonNode Value)> Entries()
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw Fault($"should be an object, but is {TokenizerFiles.Describe(element)}.");
        var number = 0;
        foreach (var property in element.EnumerateObject())
            yield return (ValidText(() => property.Name), new(files, file, Path, property.Value, number++));
    }

    /// <summary>This value as text.</summary>
    public string AsText()
    {
        if (element.ValueKind != JsonValueKind.String)
            throw Fault($"should be a text, but is {TokenizerFiles.Describe(element)}.");
        var value = element;
        return ValidText(() => value.GetString()!);
    }

    private string ValidText(Func<string> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException e)
        {
            throw files.Fault(file, $"{Path} is no valid Unicode text: {e.Message}", e); // an unpaired surrogate
        }
    }

    /// <summary>This value as a whole number.</summary>
    public long AsNumber() => element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out var number)
        ? number
        : throw Fault($"should be a whole number, but is {TokenizerFiles.Describe(element)}.");

    /// <summary>This value as a finite number.</summary>
    public double AsReal() => element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out var number) && double.IsFinite(number)
        ? number
        : throw Fault($"should be a finite number, but is {TokenizerFiles.Describe(element)}.");

    /// <summary>A text that must be there.</summary>
    public string Text(string name) => Required(name).AsText();

    /// <summary>A text, or null where it is missing.</summary>
    public string? TextOrNull(string name) => Optional(name)?.AsText();

    /// <summary>A truth value, or <paramref name="otherwise"/> where it is missing.</summary>
    public bool Flag(string name, bool otherwise) => FlagOrNull(name) ?? otherwise;

    /// <summary>A truth value, or null where it is missing.</summary>
    public bool? FlagOrNull(string name) => Optional(name) is not { } node ? null : node.Element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw node.Fault($"should be true or false, but is {TokenizerFiles.Describe(node.Element)}."),
    };

    /// <summary>A special token: a text, or an object with its "content"; null where it is missing.</summary>
    public string? TokenOrNull(string name) => Optional(name) is not { } node ? null
        : node.Element.ValueKind == JsonValueKind.Object ? node.Text("content") : node.AsText();

    /// <summary>An id in the range of ids.</summary>
    public int AsId() => AsNumber() is >= 0 and <= TokenizerFiles.LargestId and var id
        ? (int)id
        : throw Fault($"should be an id between 0 and {TokenizerFiles.LargestId}, but is {TokenizerFiles.Describe(element)}.");
}
