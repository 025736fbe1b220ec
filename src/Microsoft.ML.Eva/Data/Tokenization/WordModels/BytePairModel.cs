using System.Text;
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Eva.Data.Tokenization.WordModels;

/// <summary>
/// Byte-level BPE by Microsoft.ML.Tokenizers, whose merging agrees with the reference. Its own byte mapping and splitting are
/// not used: words come from <see cref="WordSplitters.ByteLevelSplitter"/>, their bytes are written as GPT-2's letters here.
/// </summary>
internal sealed class BytePairModel : WordModel
{
    private static readonly char[] LetterOfByte = MapBytes();

    private readonly BpeTokenizer _tokenizer;
    private readonly IReadOnlyDictionary<string, int>? _wholeWords;

    /// <summary>Prepares vocabulary and merges, both checked by the reader.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="merges">Pairs, the most important first.</param>
    /// <param name="prefersWholeWords">Whether a word that is a token is not merged from its bytes ("ignore_merges").</param>
    public BytePairModel(Vocabulary vocabulary, IReadOnlyList<(string Left, string Right)> merges, bool prefersWholeWords)
    {
        _wholeWords = prefersWholeWords ? vocabulary.Ids : null;
        _tokenizer = BpeTokenizer.Create(new BpeOptions(vocabulary.Ids) { Merges = merges.Select(m => $"{m.Left} {m.Right}") });
    }

    /// <inheritdoc/>
    protected override void EncodePieces(string word, List<int> pieces)
    {
        var letters = string.Create(Encoding.UTF8.GetByteCount(word), word, static (target, word) =>
        {
            Span<byte> utf8 = stackalloc byte[4];
            var length = 0;
            foreach (var rune in word.EnumerateRunes())
                foreach (var b in utf8[..rune.EncodeToUtf8(utf8)])
                    target[length++] = LetterOfByte[b];
        });
        if (_wholeWords is not null && _wholeWords.TryGetValue(letters, out var id))
            pieces.Add(id);
        else
            pieces.AddRange(_tokenizer.EncodeToIds(letters, considerPreTokenization: false, considerNormalization: false));
    }

    /// <summary>GPT-2's letters: printable bytes stand for themselves, the others follow from U+0100 on.</summary>
    private static char[] MapBytes()
    {
        var letters = new char[256];
        var next = (char)0x100;
        for (var b = 0; b < 256; b++)
            letters[b] = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE ? (char)b : next++;
        return letters;
    }
}
