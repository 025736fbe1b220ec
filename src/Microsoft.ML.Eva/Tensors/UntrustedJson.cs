using System.Text.Json;
using System.Text.Unicode;

namespace Microsoft.ML.Eva.Tensors;

/// <summary>
/// Parses JSON that may be damaged. <see cref="JsonDocument"/> looks at strings only when they are asked for and then fails in
/// another way than for bad syntax; here whatever comes out has readable strings throughout.
/// </summary>
internal static class UntrustedJson
{
    /// <summary>Parses UTF-8.</summary>
    /// <exception cref="JsonException">The text is not JSON, not UTF-8, or has half a surrogate pair.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> text, int maxDepth = 64)
    {
        if (!Utf8.IsValid(text.Span))
            throw new JsonException("The text is not UTF-8.", null, 0, 0);
        var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = maxDepth });
        if (text.Span.IndexOf("\\u"u8) < 0)
            return document;
        try
        {
            ReadStrings(document.RootElement);
            return document;
        }
        catch (InvalidOperationException e)
        {
            document.Dispose();
            throw new JsonException("The text has a \\u escape that is half a pair.", null, 0, 0, e);
        }
    }

    private static void ReadStrings(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                    ReadStrings(item);
                break;
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    _ = property.Name;
                    ReadStrings(property.Value);
                }
                break;
        }
    }
}
