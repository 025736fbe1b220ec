using System.Text;
using System.Text.Json;

namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>
/// The small files of a checkpoint by relative name. They are not trusted: everything is checked as it is read, and every
/// fault becomes an <see cref="InvalidDataException"/> that names the checkpoint and the file.
/// </summary>
internal sealed class TokenizerFiles(IReadOnlyDictionary<string, byte[]> files, string checkpointName)
{
    /// <summary>Far above every published vocabulary (XLM-R has 250,002, Gemma 262,144).</summary>
    public const int LargestId = (1 << 24) - 1;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Whether the checkpoint has this file.</summary>
    public bool Has(string name) => files.ContainsKey(name);

    /// <summary>The bytes of a file that is there.</summary>
    public byte[] Bytes(string name) => files[name];

    /// <summary>What to throw: "checkpoint: file: fault".</summary>
    public InvalidDataException Fault(string file, string fault, Exception? cause = null) =>
        new($"{checkpointName}: {file} {fault}", cause);

    /// <summary>The object a JSON file holds; null where there is no such file.</summary>
    public JsonElement? JsonOrNull(string name)
    {
        if (!files.TryGetValue(name, out var bytes))
            return null;
        try
        {
            using var document = JsonDocument.Parse(WithoutByteOrderMark(bytes));
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw Fault(name, $"should hold a JSON object, but holds {Describe(document.RootElement)}.");
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw Fault(name, $"is no valid JSON: {e.Message}", e);
        }
    }

    /// <summary>The lines of a text file, without their ends; UTF-8.</summary>
    public List<string> Lines(string name)
    {
        string text;
        try
        {
            text = StrictUtf8.GetString(WithoutByteOrderMark(files[name]).Span);
        }
        catch (DecoderFallbackException e)
        {
            throw Fault(name, $"is no valid UTF-8 text: {e.Message}", e);
        }
        var lines = new List<string>();
        using var reader = new StringReader(text);
        while (reader.ReadLine() is { } line)
            lines.Add(line);
        return lines;
    }

    /// <summary>How a message names a JSON value that is not what it should be.</summary>
    public static string Describe(JsonElement element)
    {
        if (element.ValueKind is JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.Undefined)
            return element.ValueKind.ToString().ToLowerInvariant();
        return Shorten(element.GetRawText());
    }

    /// <summary>A text's beginning, for messages.</summary>
    public static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "...";

    private static ReadOnlyMemory<byte> WithoutByteOrderMark(byte[] bytes) =>
        bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? bytes.AsMemory(Encoding.UTF8.Preamble.Length) : bytes;
}
