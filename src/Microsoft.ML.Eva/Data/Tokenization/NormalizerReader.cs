using System.Text;
using System.Text.RegularExpressions;
using Microsoft.ML.Eva.Data.Tokenization.Normalizers;

namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>Reads tokenizer.json's "normalizer".</summary>
internal static class NormalizerReader
{
    private const string Supported =
        "BertNormalizer, NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Strip, Replace, Precompiled, Sequence";

    /// <summary>Reads any of the supported kinds.</summary>
    public static TextNormalizer Read(JsonNode node) => node.Type switch
    {
        "BertNormalizer" => ReadBert(node),
        "NFC" => new UnicodeFormNormalizer(NormalizationForm.FormC),
        "NFD" => new UnicodeFormNormalizer(NormalizationForm.FormD),
        "NFKC" => new UnicodeFormNormalizer(NormalizationForm.FormKC),
        "NFKD" => new UnicodeFormNormalizer(NormalizationForm.FormKD),
        "Lowercase" => new CharacterNormalizer(lowersCase: true, dropsMarks: false),
        "StripAccents" => new CharacterNormalizer(lowersCase: false, dropsMarks: true),
        "Strip" => new StripNormalizer(node.Flag("strip_left", true), node.Flag("strip_right", true)),
        "Replace" => ReadReplace(node),
        "Precompiled" => ReadMap(node.Required("precompiled_charsmap")),
        "Sequence" => new SequenceNormalizer(node.Required("normalizers").Items().Select(Read).ToList()),
        var other => throw node.Fault($"is a {other}, which is not supported; supported are {Supported}."),
    };

    private static BertNormalizer ReadBert(JsonNode node)
    {
        var lowersCase = node.Flag("lowercase", true);
        return new(
            node.Flag("clean_text", true), node.Flag("handle_chinese_chars", true), node.FlagOrNull("strip_accents") ?? lowersCase, lowersCase);
    }

    private static ReplaceNormalizer ReadReplace(JsonNode node)
    {
        var pattern = node.Required("pattern");
        var expression = pattern.TextOrNull("Regex") ?? Regex.Escape(pattern.Text("String"));
        try
        {
            return new(expression, node.Text("content"));
        }
        catch (ArgumentException e)
        {
            throw pattern.Fault($"cannot be used: {e.Message}.");
        }
    }

    private static CharacterMapNormalizer ReadMap(JsonNode node)
    {
        try
        {
            return new(Convert.FromBase64String(node.AsText()));
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw node.Fault($"is no compiled character map: {e.Message}");
        }
    }
}
