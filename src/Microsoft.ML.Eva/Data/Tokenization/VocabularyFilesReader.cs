using Microsoft.ML.Eva.Data.Tokenization.Normalizers;
using Microsoft.ML.Eva.Data.Tokenization.WordModels;
using Microsoft.ML.Eva.Data.Tokenization.WordSplitters;

namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>Composes the tokenizer of a family from its vocabulary files, as the reference does when there is no tokenizer.json.</summary>
internal static class VocabularyFilesReader
{
    /// <summary>Reads the files, all of which are there.</summary>
    public static TokenizerParts Read(TokenizerFamily family, TokenizerFiles files, TokenizerSettings settings) => family.Name switch
    {
        TokenizerFamily.Kind.Bert => ReadBert(files, settings),
        _ => throw new InvalidDataException($"Tokenizers of the family {family.Name} need tokenizer.json."),
    };

    private static TokenizerParts ReadBert(TokenizerFiles files, TokenizerSettings settings)
    {
        var vocabulary = ReadLines(files, "vocab.txt");
        var unknown = settings.Token("unk_token", "[UNK]");
        var special = new SpecialTokens(vocabulary, settings, begin: ("cls_token", "[CLS]"), end: ("sep_token", "[SEP]"), pad: "[PAD]", mask: "[MASK]", unknown);
        return new(
            BertNormalizer(settings), new BertSplitter(), new WordPieceModel(vocabulary, unknown, "##", 100),
            special.AddedTokens(masksStripLeft: false), SpecialTokenTemplate.Bert(special.Begin, special.End),
            special.Pad, settings.HasTokenTypes, vocabulary.Size);
    }

    private static BertNormalizer BertNormalizer(TokenizerSettings settings)
    {
        var lowersCase = settings.Flag("do_lower_case") ?? true;
        return new(cleansText: true, settings.Flag("tokenize_chinese_chars") ?? true, settings.Flag("strip_accents") ?? lowersCase, lowersCase);
    }

    private static Vocabulary ReadLines(TokenizerFiles files, string file)
    {
        var vocabulary = new Vocabulary(files, file);
        var lines = files.Lines(file);
        for (var i = 0; i < lines.Count; i++)
            vocabulary.AddLine(lines[i], i);
        return vocabulary;
    }
}
