using System.Buffers;
using System.Text;

namespace Microsoft.ML.Eva.Data.Tokenization.WordModels;

/// <summary>
/// SentencePiece's unigram model: the pieces with the largest sum of scores, found by dynamic programming. Own code, since
/// Microsoft.ML.Tokenizers ties its model to a model file and that file's normalization, which the reference ignores.
/// </summary>
internal sealed class UnigramModel : WordModel
{
    private const double UnknownPenalty = 10; // below the worst piece; the reference's constant

    private readonly CharacterTrie _trie = new();
    private readonly double[] _scores;
    private readonly int _unknownId;
    private readonly double _unknownScore;
    private readonly int[]? _bytePieces;

    /// <summary>Prepares the pieces.</summary>
    /// <param name="vocabulary">The pieces' ids.</param>
    /// <param name="scores">By id.</param>
    /// <param name="unknownId">For characters of no piece.</param>
    /// <param name="bytePieces">Ids of the pieces for single bytes, which then stand for unknown characters; null where there are none.</param>
    public UnigramModel(Vocabulary vocabulary, double[] scores, int unknownId, int[]? bytePieces)
    {
        foreach (var (piece, id) in vocabulary.Ids)
            if (piece.Length > 0 && id < scores.Length)
                _trie.Add(piece, id);
        (_scores, _unknownId, _bytePieces) = (scores, unknownId, bytePieces);
        _unknownScore = scores.Min() - UnknownPenalty;
    }

    /// <summary>The best way to a place of the word: its sum of scores, where its last piece begins and that piece's id (-1: unknown).</summary>
    private record struct Step(double Score, int Start, int Id)
    {
        public static Step Unreached { get; } = new(double.NegativeInfinity, -1, -1);
    }

    /// <inheritdoc/>
    protected override void EncodePieces(string word, List<int> pieces)
    {
        var steps = ArrayPool<Step>.Shared.Rent(word.Length + 1);
        try
        {
            FindBest(word, steps.AsSpan(0, word.Length + 1));
            Collect(word, steps, pieces);
        }
        finally
        {
            ArrayPool<Step>.Shared.Return(steps);
        }
    }

    private void FindBest(string word, Span<Step> steps)
    {
        steps.Fill(Step.Unreached);
        steps[0] = new(0, -1, -1);
        for (var start = 0; start < word.Length;)
        {
            var characterLength = char.IsHighSurrogate(word[start]) ? 2 : 1;
            var isKnown = false;
            var node = CharacterTrie.Root;
            for (var i = start; i < word.Length && _trie.Step(ref node, word[i]); i++)
            {
                if (_trie.Value(node) is not (>= 0 and var id))
                    continue;
                isKnown |= i + 1 == start + characterLength;
                Offer(steps, i + 1, new(steps[start].Score + _scores[id], start, id));
            }
            if (!isKnown)
                Offer(steps, start + characterLength, new(steps[start].Score + _unknownScore, start, -1));
            start += characterLength;
        }
    }

    private static void Offer(Span<Step> steps, int end, Step step)
    {
        if (steps[end].Start < 0 || step.Score > steps[end].Score)
            steps[end] = step;
    }

    /// <summary>Follows the best way back; unknown characters beside each other are one piece.</summary>
    private void Collect(string word, Step[] steps, List<int> pieces)
    {
        var first = pieces.Count;
        for (var end = word.Length; end > 0;)
        {
            var step = steps[end];
            var start = step.Start;
            if (step.Id >= 0)
                pieces.Add(step.Id);
            else
            {
                while (start > 0 && steps[start].Id < 0)
                    start = steps[start].Start;
                AddUnknownReversed(word.AsSpan(start, end - start), pieces);
            }
            end = start;
        }
        pieces.Reverse(first, pieces.Count - first);
    }

    private void AddUnknownReversed(ReadOnlySpan<char> text, List<int> pieces)
    {
        var node = CharacterTrie.Root;
        var length = 0;
        while (length < text.Length && _trie.Step(ref node, text[length]))
            length++;
        if (length == text.Length && _trie.Value(node) is >= 0 and var id)
            pieces.Add(id); // unknown characters whose sum happens to be a piece
        else if (_bytePieces is null)
            pieces.Add(_unknownId);
        else
            foreach (var b in Encoding.UTF8.GetBytes(text.ToArray()).Reverse())
                pieces.Add(_bytePieces[b]);
    }
}
