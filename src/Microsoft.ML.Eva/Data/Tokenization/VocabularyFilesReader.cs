using System.Text;
using Microsoft.ML.Eva.Data.Tokenization.Normalizers;
using Microsoft.ML.Eva.Data.Tokenization.WordModels;
using Microsoft.ML.Eva.Data.Tokenization.WordSplitters;

namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>Composes the tokenizer of a family from its vocabulary files, as the reference does when there is no tokenizer.json.</summary>
internal static class VocabularyFilesReader
{
    private static readonly SpecialTokenNames BertNames = new("[CLS]", "[SEP]", "[PAD]", "[MASK]", "[UNK]");
    private static readonly SpecialTokenNames RobertaNames = new("<s>", "</s>", "<pad>", "<mask>", "<unk>");

    /// <summary>Reads the files, all of which are there.</summary>
    public static TokenizerParts Read(TokenizerFamily family, TokenizerFiles files, TokenizerSettings settings) => family.Name switch
    {
        TokenizerFamily.Kind.Bert => ReadWordPiece(files, family.Files[0], settings, BertNames, isBert: true),
        TokenizerFamily.Kind.MPNet => ReadWordPiece(files, family.Files[0], settings, RobertaNames with { Unknown = "[UNK]" }, isBert: false),
        TokenizerFamily.Kind.Roberta => ReadRoberta(files, family.Files, settings),
        TokenizerFamily.Kind.Gpt2 => ReadGpt2(files, family.Files, settings),
        TokenizerFamily.Kind.DebertaV2 => ReadDeberta(files, family.Files[0], settings),
        TokenizerFamily.Kind.XlmRoberta => ReadXlmRoberta(files, family.Files[0], settings),
        _ => throw new ArgumentOutOfRangeException(nameof(family)),
    };

    private static TokenizerParts ReadWordPiece(TokenizerFiles files, string file, TokenizerSettings settings, SpecialTokenNames names, bool isBert)
    {
        var vocabulary = new Vocabulary(files, file);
        var lines = files.Lines(file);
        for (var i = 0; i < lines.Count; i++)
            vocabulary.AddLine(lines[i], i);
        var special = new SpecialTokens(vocabulary, settings, names, maskStripsLeft: !isBert);
        var lowersCase = settings.Flag("do_lower_case") ?? true;
        var normalizer = new BertNormalizer(
            cleansText: true, settings.Flag("tokenize_chinese_chars") ?? true, settings.Flag("strip_accents") ?? lowersCase, lowersCase);
        return Compose(
            normalizer, new BertSplitter(), new WordPieceModel(vocabulary, special.Unknown, "##", 100), vocabulary, special, isBert, settings);
    }

    private static TokenizerParts ReadRoberta(TokenizerFiles files, string[] names, TokenizerSettings settings)
    {
        var (vocabulary, model) = ReadBytePairs(files, names[0], names[1]);
        var special = new SpecialTokens(vocabulary, settings, RobertaNames, maskStripsLeft: true);
        var splitter = new ByteLevelSplitter(settings.Flag("add_prefix_space") ?? false, splits: true);
        return Compose(null, splitter, model, vocabulary, special, isBert: false, settings);
    }

    private static TokenizerParts ReadGpt2(TokenizerFiles files, string[] names, TokenizerSettings settings)
    {
        var (vocabulary, model) = ReadBytePairs(files, names[0], names[1]);
        var end = settings.Token("eos_token", "<|endoftext|>");
        var contents = new[] { "bos_token", "unk_token", "pad_token" }.Select(settings.Token).OfType<string>().Append(end).Distinct();
        var added = contents.Select(c => new AddedToken(c, vocabulary.Require(c, "special token"))).ToList();
        var pad = vocabulary.Require(settings.Token("pad_token", end), "padding token"); // the mask hides it
        var splitter = new ByteLevelSplitter(settings.Flag("add_prefix_space") ?? false, splits: true);
        return new(null, splitter, model, added, SpecialTokenTemplate.None, pad, settings.HasTokenTypes, vocabulary.Size);
    }

    private static (Vocabulary Vocabulary, BytePairModel Model) ReadBytePairs(TokenizerFiles files, string vocabularyFile, string mergesFile)
    {
        var vocabulary = new Vocabulary(files, vocabularyFile);
        ModelReader.ReadIds(new JsonNode(files, vocabularyFile, "", files.JsonOrNull(vocabularyFile)!.Value), vocabulary);
        var merges = new List<(string, string)>();
        foreach (var line in files.Lines(mergesFile))
        {
            if (line.Length == 0 || merges.Count == 0 && line.StartsWith("#version", StringComparison.Ordinal))
                continue;
            var parts = line.Split(' ');
            if (parts.Length != 2)
                throw files.Fault(mergesFile, $"should hold two tokens a line, but holds \"{TokenizerFiles.Shorten(line)}\".");
            merges.Add(ModelReader.CheckMerge(parts[0], parts[1], vocabulary, fault => files.Fault(mergesFile, fault)));
        }
        return (vocabulary, new(vocabulary, merges, unknownToken: null, prefersWholeWords: false));
    }

    /// <summary>The reference's version 5 takes the pieces from the model file, but not its character map: only NFC and white space.</summary>
    private static TokenizerParts ReadDeberta(TokenizerFiles files, string file, TokenizerSettings settings)
    {
        var model = SentencePieceFile.Read(files, file);
        var vocabulary = new Vocabulary(files, file);
        foreach (var (piece, _) in model.Pieces)
            vocabulary.AddLine(piece, vocabulary.Size);
        var scores = model.Pieces.ConvertAll(p => (double)p.Score).ToArray();
        if (settings.Token("mask_token", BertNames.Mask) is var mask && !vocabulary.Ids.ContainsKey(mask))
            vocabulary.AddLine(mask, vocabulary.Size);
        var special = new SpecialTokens(vocabulary, settings, BertNames, maskStripsLeft: false);
        TextNormalizer[] normalizers =
        [
            .. settings.Flag("do_lower_case") == true ? [new CharacterNormalizer(lowersCase: true, dropsMarks: false)] : Array.Empty<TextNormalizer>(),
            new ReplaceNormalizer(@"\s{2,}|[\n\r\t]", " "),
            new UnicodeFormNormalizer(NormalizationForm.FormC),
            new StripNormalizer(stripsLeft: false, stripsRight: true),
        ];
        return Compose(
            new SequenceNormalizer(normalizers), Metaspace(settings, dropsWhiteSpace: false),
            new UnigramModel(vocabulary, scores, vocabulary.Require(special.Unknown, "unknown token"), null), vocabulary, special, isBert: true, settings);
    }

    /// <summary>fairseq's order: four special tokens, then the model's pieces but its first three (unknown, begin, end), then the mask.</summary>
    private static TokenizerParts ReadXlmRoberta(TokenizerFiles files, string file, TokenizerSettings settings)
    {
        var model = SentencePieceFile.Read(files, file);
        var vocabulary = new Vocabulary(files, file);
        var scores = new List<double>();
        var own = new[] { ("cls_token", RobertaNames.Begin), ("pad_token", RobertaNames.Pad), ("sep_token", RobertaNames.End), ("unk_token", RobertaNames.Unknown) };
        foreach (var (piece, score) in own.Select(t => (settings.Token(t.Item1, t.Item2), 0f)).Concat(model.Pieces.Skip(3)))
        {
            vocabulary.AddLine(piece, scores.Count);
            scores.Add(score);
        }
        vocabulary.AddLine(settings.Token("mask_token", RobertaNames.Mask), scores.Count);
        var special = new SpecialTokens(vocabulary, settings, RobertaNames, maskStripsLeft: true);
        return Compose(
            model.CharacterMap.Length > 0 ? ReadMap(files, file, model.CharacterMap) : null, Metaspace(settings, dropsWhiteSpace: true),
            new UnigramModel(vocabulary, [.. scores], vocabulary.Require(special.Unknown, "unknown token"), null), vocabulary, special, isBert: false, settings);
    }

    private static CharacterMapNormalizer ReadMap(TokenizerFiles files, string file, byte[] map)
    {
        try
        {
            return new(map);
        }
        catch (ArgumentException e)
        {
            throw files.Fault(file, $"is broken: {e.Message}.", e);
        }
    }

    private static MetaspaceSplitter Metaspace(TokenizerSettings settings, bool dropsWhiteSpace) =>
        new('▁', settings.Flag("add_prefix_space") ?? true || dropsWhiteSpace ? MarkBefore.Always : MarkBefore.Never, splits: true, dropsWhiteSpace);

    private static TokenizerParts Compose(
        TextNormalizer? normalizer, WordSplitter splitter, WordModel model, Vocabulary vocabulary, SpecialTokens special, bool isBert, TokenizerSettings settings)
    {
        var template = isBert ? SpecialTokenTemplate.Bert(special.Begin, special.End) : SpecialTokenTemplate.Roberta(special.Begin, special.End);
        return new(normalizer, splitter, model, special.AddedTokens, template, special.Pad, settings.HasTokenTypes, vocabulary.Size);
    }
}
