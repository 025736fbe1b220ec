using System.Text;
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Eva.Data.Tokenization.WordModels;

/// <summary>
/// WordPiece by Microsoft.ML.Tokenizers, whose matching agrees with the reference. Mended around it: its vocabulary is read
/// from lines, so ids are counted without gaps and translated; it counts a word's length in UTF-16 units instead of characters.
/// </summary>
internal sealed class WordPieceModel : WordModel
{
    private readonly WordPieceTokenizer _tokenizer;
    private readonly int[] _ids;
    private readonly int _unknownId;
    private readonly int _longestWord;

    /// <summary>Prepares the vocabulary.</summary>
    public WordPieceModel(Vocabulary vocabulary, string unknownToken, string continuation, int longestWord)
    {
        _unknownId = vocabulary.Require(unknownToken, "unknown token");
        _longestWord = longestWord;
        // Tokens with a line end, which no word can contain, would shift the lines.
        var tokens = vocabulary.Ids.Where(t => t.Key.AsSpan().IndexOfAny('\r', '\n') < 0).ToArray();
        _ids = Array.ConvertAll(tokens, t => t.Value);
        using var lines = new MemoryStream(Encoding.UTF8.GetBytes(string.Concat(tokens.Select(t => t.Key + "\n"))));
        _tokenizer = WordPieceTokenizer.Create(lines, new WordPieceOptions
        {
            UnknownToken = unknownToken,
            ContinuingSubwordPrefix = continuation,
            // Taken from the stack, so not more than needed: twice as many UTF-16 units as characters.
            MaxInputCharsPerWord = 2 * longestWord + 1,
        });
    }

    /// <inheritdoc/>
    protected override void EncodePieces(string word, List<int> pieces)
    {
        if (word.Length > _longestWord && word.EnumerateRunes().Count() > _longestWord)
            pieces.Add(_unknownId);
        else
            foreach (var line in _tokenizer.EncodeToIds(word, considerPreTokenization: false, considerNormalization: false))
                pieces.Add(_ids[line]);
    }
}
