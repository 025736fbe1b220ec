using System.Globalization;
using Microsoft.ML.Eva.Data.Tokenization.WordModels;

namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>Reads tokenizer.json's "model".</summary>
internal static class ModelReader
{
    /// <summary>Reads any of the supported kinds and fills <paramref name="vocabulary"/>.</summary>
    public static WordModel Read(JsonNode node, Vocabulary vocabulary) => (node.TextOrNull("type") ?? GuessType(node)) switch
    {
        "WordPiece" => ReadWordPiece(node, vocabulary),
        "BPE" => ReadBytePairs(node, vocabulary),
        "Unigram" => ReadUnigram(node, vocabulary),
        var other => throw node.Fault($"is a {other}, which is not supported; supported are WordPiece, BPE, Unigram."),
    };

    /// <summary>Fills a vocabulary from an object of tokens and ids.</summary>
    public static void ReadIds(JsonNode node, Vocabulary vocabulary)
    {
        foreach (var (token, id) in node.Entries())
            vocabulary.Add(token, id.AsNumber());
    }

    /// <summary>Checks that both parts of a merge and the whole are tokens, and that the parts can be told apart.</summary>
    public static (string Left, string Right) CheckMerge(string left, string right, Vocabulary vocabulary, Func<string, InvalidDataException> fault)
    {
        foreach (var token in (ReadOnlySpan<string>)[left, right, left + right])
        {
            if (token.Length == 0 || token.Contains(' '))
                throw fault($"merges \"{left}\" and \"{right}\"; tokens of byte pairs are not empty and hold no blanks.");
            if (!vocabulary.Ids.ContainsKey(token))
                throw fault($"merges \"{left}\" and \"{right}\", but \"{token}\" is not in the vocabulary.");
        }
        return (left, right);
    }

    /// <summary>Files of older versions do not name the type.</summary>
    private static string GuessType(JsonNode node) => node.Optional("merges") is not null ? "BPE"
        : node.Optional("unk_id") is not null ? "Unigram" : "WordPiece";

    private static WordPieceModel ReadWordPiece(JsonNode node, Vocabulary vocabulary)
    {
        ReadIds(node.Required("vocab"), vocabulary);
        var longest = node.Optional("max_input_chars_per_word")?.AsNumber() ?? 100;
        if (longest is < 1 or > 1000)
            throw node.Fault($"has max_input_chars_per_word {longest}; it should lie between 1 and 1000.");
        return new(vocabulary, node.TextOrNull("unk_token") ?? "[UNK]", node.TextOrNull("continuing_subword_prefix") ?? "##", (int)longest);
    }

    private static BytePairModel ReadBytePairs(JsonNode node, Vocabulary vocabulary)
    {
        if (node.Optional("dropout") is { } dropout && dropout.AsReal() != 0)
            throw dropout.Fault("is not 0: random tokens are not supported.");
        foreach (var affix in (ReadOnlySpan<string>)["continuing_subword_prefix", "end_of_word_suffix"])
            if (node.TextOrNull(affix) is { Length: > 0 } value)
                throw node.Fault($"has the {affix} \"{value}\"; only byte-level BPE without affixes is supported.");
        if (node.Flag("byte_fallback", false))
            throw node.Fault("has byte_fallback; only byte-level BPE is supported.");
        ReadIds(node.Required("vocab"), vocabulary);
        var merges = node.Required("merges").Items().Select(m => ReadMerge(m, vocabulary)).ToList();
        return new(vocabulary, merges, node.TextOrNull("unk_token"), node.Flag("ignore_merges", false));
    }

    private static (string Left, string Right) ReadMerge(JsonNode node, Vocabulary vocabulary)
    {
        var parts = node.Element.ValueKind == System.Text.Json.JsonValueKind.String
            ? node.AsText().Split(' ') // the older form
            : node.Items().Take(3).Select(p => p.AsText()).ToArray();
        return parts.Length == 2
            ? CheckMerge(parts[0], parts[1], vocabulary, node.Fault)
            : throw node.Fault("should hold two tokens.");
    }

    private static UnigramModel ReadUnigram(JsonNode node, Vocabulary vocabulary)
    {
        var scores = new List<double>();
        foreach (var item in node.Required("vocab").Items())
        {
            var pair = item.Items().Take(3).ToArray();
            if (pair.Length != 2)
                throw item.Fault("should hold a piece and its score.");
            vocabulary.AddLine(pair[0].AsText(), scores.Count);
            scores.Add(pair[1].AsReal());
        }
        var unknown = node.Required("unk_id").AsNumber();
        if (unknown < 0 || unknown >= scores.Count)
            throw node.Fault($"has the unk_id {unknown}, but only {scores.Count} pieces.");
        return new(vocabulary, [.. scores], (int)unknown, node.Flag("byte_fallback", false) ? BytePieces(vocabulary) : null);
    }

    /// <summary>The pieces for single bytes; null unless all of them are there.</summary>
    private static int[]? BytePieces(Vocabulary vocabulary)
    {
        var ids = new int[256];
        for (var b = 0; b < 256; b++)
            if (!vocabulary.Ids.TryGetValue(string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>"), out ids[b]))
                return null;
        return ids;
    }
}
