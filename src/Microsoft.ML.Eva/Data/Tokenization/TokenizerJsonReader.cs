namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>Composes a tokenizer as tokenizer.json describes it, in the current and in older forms of the file.</summary>
internal static class TokenizerJsonReader
{
    /// <summary>Reads the whole file.</summary>
    /// <param name="root">tokenizer.json.</param>
    /// <param name="settings">The optional files beside it.</param>
    /// <param name="configPadId">config.json's pad_token_id, for tokenizers that name no padding token.</param>
    public static TokenizerParts Read(JsonNode root, TokenizerSettings settings, long? configPadId)
    {
        var normalizer = root.Optional("normalizer") is { } n ? NormalizerReader.Read(n) : null;
        var splitter = SplitterReader.Read(root.Optional("pre_tokenizer") ?? throw root.Fault("lacks \"pre_tokenizer\", so words cannot be split."));
        var vocabulary = new Vocabulary(root.Files, root.File);
        var model = ModelReader.Read(root.Required("model"), vocabulary);
        var added = ReadAddedTokens(root, vocabulary);
        var template = root.Optional("post_processor") is { } p ? TemplateReader.Read(p) : SpecialTokenTemplate.None;
        var size = Math.Max(vocabulary.Size, added.Select(t => t.Id + 1).DefaultIfEmpty(0).Max());
        if (template.LargestId >= size)
            throw root.Fault($"post_processor adds the id {template.LargestId}, but the vocabulary ends at {size - 1}.");
        return new(normalizer, splitter, model, added, template, PadId(root, settings, vocabulary, added, configPadId, size), settings.HasTokenTypes, size);
    }

    private static List<AddedToken> ReadAddedTokens(JsonNode root, Vocabulary vocabulary)
    {
        var added = new List<AddedToken>();
        if (root.Optional("added_tokens") is not { } tokens)
            return added;
        var contents = new Dictionary<int, string>();
        foreach (var token in tokens.Items())
        {
            var content = token.Text("content");
            if (content.Length > AddedTokenFinder.LongestContent)
                throw token.Fault($"is {content.Length} characters long; {AddedTokenFinder.LongestContent} are the most.");
            var id = token.Required("id").AsId();
            if (!contents.TryAdd(id, content) || vocabulary.TokenAt(id) is { } other && other != content)
                throw token.Fault($"has the id {id}, which another token has already.");
            added.Add(new(content, id,
                token.Flag("single_word", false), token.Flag("lstrip", false), token.Flag("rstrip", false),
                token.Flag("normalized", !token.Flag("special", false)), token.Flag("special", false)));
        }
        return added;
    }

    private static int PadId(JsonNode root, TokenizerSettings settings, Vocabulary vocabulary, List<AddedToken> added, long? configPadId, int size)
    {
        if ((settings.Token("pad_token") ?? root.Optional("padding")?.TextOrNull("pad_token")) is { } pad)
            return IdOf(pad) ?? throw root.Fault($"lacks \"{pad}\", the padding token that the tokenizer's settings name.");
        foreach (var usual in (string[])["[PAD]", "<pad>"])
            if (IdOf(usual) is { } id)
                return id;
        if (configPadId >= 0 && configPadId < size)
            return (int)configPadId.Value;
        // GPT-2 has no padding token; its end token serves, and the mask hides it.
        return settings.Token("eos_token") is { } end && IdOf(end) is { } endId
            ? endId
            : IdOf("<|endoftext|>") ?? throw root.Fault("names no padding token, and there is no end token to take its place.");

        int? IdOf(string content) => added.Find(t => t.Content == content)?.Id
            ?? (vocabulary.Ids.TryGetValue(content, out var id) ? id : null);
    }
}
