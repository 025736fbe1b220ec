using System.Runtime.InteropServices;
using Microsoft.ML.Eva.Data.Tokenization;

namespace Microsoft.ML.Eva.Data;

/// <summary>Encoded texts, kept compactly: read and tokenized once, used in every epoch.</summary>
internal sealed class TextRows(int vocabularySize)
{
    private readonly TokenStore _tokens = new(vocabularySize);
    private readonly List<(int Chunk, int Start)> _places = [];
    private readonly List<int> _lengths = [];
    private readonly List<int> _secondStarts = [];

    /// <summary>Number of rows.</summary>
    public int Count => _lengths.Count;

    /// <summary>Number of tokens of every row.</summary>
    public ReadOnlySpan<int> Lengths => CollectionsMarshal.AsSpan(_lengths);

    /// <summary>Appends a row.</summary>
    public void Add(EncodedText text)
    {
        if (text.Ids.Length == 0)
            throw new ArgumentException("An encoded text has at least one token.", nameof(text));
        _places.Add(_tokens.Add(text.Ids));
        _lengths.Add(text.Ids.Length);
        _secondStarts.Add(text.SecondStart);
    }

    /// <summary>Writes the ids of a row to the start of <paramref name="destination"/>.</summary>
    public void CopyIds(int row, Span<long> destination) => _tokens.CopyTo(_places[row], destination[.._lengths[row]]);

    /// <summary>The first token of type 1 in a row; the row's length if there is none.</summary>
    public int SecondStart(int row) => _secondStarts[row];
}
