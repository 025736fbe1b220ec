using System.Text;
using Microsoft.ML.Eva.Data.Tokenization.Normalizers;

namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>Reads tokenizer.json's "normalizer".</summary>
internal static class NormalizerReader
{
    /// <summary>Reads any of the supported kinds.</summary>
    public static TextNormalizer Read(JsonNode node) => node.Type switch
    {
        "BertNormalizer" => ReadBert(node),
        "NFC" => new UnicodeFormNormalizer(NormalizationForm.FormC),
        "NFD" => new UnicodeFormNormalizer(NormalizationForm.FormD),
        "NFKC" => new UnicodeFormNormalizer(NormalizationForm.FormKC),
        "NFKD" => new UnicodeFormNormalizer(NormalizationForm.FormKD),
        var other => throw node.Fault($"is a {other}, which is not supported."),
    };

    private static BertNormalizer ReadBert(JsonNode node)
    {
        var lowersCase = node.Flag("lowercase", true);
        return new(
            node.Flag("clean_text", true), node.Flag("handle_chinese_chars", true), node.FlagOrNull("strip_accents") ?? lowersCase, lowersCase);
    }
}
