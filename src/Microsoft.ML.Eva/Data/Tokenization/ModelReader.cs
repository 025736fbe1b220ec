using System.Text.Json;
using Microsoft.ML.Eva.Data.Tokenization.WordModels;

namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>Reads tokenizer.json's "model".</summary>
internal static class ModelReader
{
    /// <summary>Reads any of the supported kinds and fills <paramref name="vocabulary"/>.</summary>
    public static WordModel Read(JsonNode node, Vocabulary vocabulary) => (node.TextOrNull("type") ?? GuessType(node)) switch
    {
        "WordPiece" => ReadWordPiece(node, vocabulary),
        var other => throw node.Fault($"is a {other}, which is not supported."),
    };

    /// <summary>Files of older versions do not name the type.</summary>
    private static string GuessType(JsonNode node) => node.Optional("merges") is not null ? "BPE"
        : node.Optional("unk_id") is not null ? "Unigram" : "WordPiece";

    private static WordPieceModel ReadWordPiece(JsonNode node, Vocabulary vocabulary)
    {
        ReadIds(node.Required("vocab"), vocabulary);
        var longest = node.Optional("max_input_chars_per_word")?.AsNumber() ?? 100;
        return new(vocabulary, node.TextOrNull("unk_token") ?? "[UNK]", node.TextOrNull("continuing_subword_prefix") ?? "##", (int)Math.Clamp(longest, 0, 1000));
    }

    private static void ReadIds(JsonNode node, Vocabulary vocabulary)
    {
        if (node.Element.ValueKind != JsonValueKind.Object)
            throw node.Fault($"should be an object, but is {TokenizerFiles.Describe(node.Element)}.");
        foreach (var (token, id) in node.Entries())
            vocabulary.Add(token, id.AsNumber());
    }
}
