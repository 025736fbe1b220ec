using Microsoft.ML.Eva.Data.Tokenization.WordSplitters;

namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>Reads tokenizer.json's "pre_tokenizer".</summary>
internal static class SplitterReader
{
    private const string Supported = "BertPreTokenizer, ByteLevel, Metaspace, and WhitespaceSplit before Metaspace";

    /// <summary>Reads any of the supported kinds.</summary>
    public static WordSplitter Read(JsonNode node) => node.Type switch
    {
        "BertPreTokenizer" => new BertSplitter(),
        "ByteLevel" => new ByteLevelSplitter(node.Flag("add_prefix_space", true), node.Flag("use_regex", true)),
        "Metaspace" => ReadMetaspace(node, dropsWhiteSpace: false),
        "Sequence" => ReadSequence(node.Required("pretokenizers")),
        var other => throw node.Fault($"is a {other}, which is not supported; supported are {Supported}."),
    };

    private static WordSplitter ReadSequence(JsonNode node)
    {
        var parts = node.Items().Take(3).ToList();
        return (parts.Count, parts.FirstOrDefault().Type, parts.LastOrDefault().Type) switch
        {
            (1, not "Sequence", _) => Read(parts[0]),
            (2, "WhitespaceSplit", "Metaspace") => ReadMetaspace(parts[1], dropsWhiteSpace: true),
            _ => throw node.Fault($"is a sequence of {string.Join(", ", parts.Select(p => p.Type))}, which is not supported; supported are {Supported}."),
        };
    }

    private static MetaspaceSplitter ReadMetaspace(JsonNode node, bool dropsWhiteSpace)
    {
        var mark = node.TextOrNull("replacement") ?? "▁";
        if (mark.Length != 1 || char.IsSurrogate(mark[0]))
            throw node.Fault($"has the replacement \"{mark}\"; it should be one character.");
        var scheme = node.TextOrNull("prepend_scheme") ?? (node.Flag("add_prefix_space", true) ? "always" : "never");
        var before = scheme switch
        {
            "always" => MarkBefore.Always,
            "first" => MarkBefore.First,
            "never" => MarkBefore.Never,
            _ => throw node.Fault($"has the prepend_scheme \"{scheme}\"; it should be always, first or never."),
        };
        var splits = node.Flag("split", true);
        if (dropsWhiteSpace && (before != MarkBefore.Always || !splits))
            throw node.Fault("follows WhitespaceSplit, so its prepend_scheme must be always and split true; other combinations are not supported.");
        return new(mark[0], before, splits, dropsWhiteSpace);
    }
}
