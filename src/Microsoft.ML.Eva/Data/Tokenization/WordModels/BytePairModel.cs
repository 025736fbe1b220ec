using System.Text;

namespace Microsoft.ML.Eva.Data.Tokenization.WordModels;

/// <summary>
/// Byte-level BPE: a word's bytes, merged pair by pair, the most important merge first and of equals the leftmost. Own code,
/// since Microsoft.ML.Tokenizers' takes a time quadratic in the length of the word (see docs/tokenizers.md); this one takes n log n.
/// </summary>
internal sealed class BytePairModel : WordModel
{
    private static readonly char[] LetterOfByte = MapBytes();

    private readonly Dictionary<long, (int Rank, int Id)> _merges = [];
    private readonly int[] _byteIds = new int[256];
    private readonly Vocabulary _vocabulary;
    private readonly IReadOnlyDictionary<string, int>? _wholeWords;

    /// <summary>Prepares vocabulary and merges, both checked by the reader.</summary>
    /// <param name="vocabulary">The tokens, written in GPT-2's letters for bytes.</param>
    /// <param name="merges">Pairs, the most important first; of equal pairs the last one counts.</param>
    /// <param name="unknownToken">For bytes that are no token; null: they are dropped.</param>
    /// <param name="prefersWholeWords">Whether a word that is a token is not merged from its bytes ("ignore_merges").</param>
    public BytePairModel(Vocabulary vocabulary, IReadOnlyList<(string Left, string Right)> merges, string? unknownToken, bool prefersWholeWords)
    {
        _vocabulary = vocabulary;
        _wholeWords = prefersWholeWords ? vocabulary.Ids : null;
        var unknownId = unknownToken is null ? -1 : vocabulary.Require(unknownToken, "unknown token");
        for (var b = 0; b < _byteIds.Length; b++)
            _byteIds[b] = vocabulary.Ids.TryGetValue(LetterOfByte[b].ToString(), out var id) ? id : unknownId;
        for (var rank = 0; rank < merges.Count; rank++)
        {
            var (left, right) = merges[rank];
            _merges[Pair(vocabulary.Ids[left], vocabulary.Ids[right])] = (rank, vocabulary.Ids[left + right]);
        }
    }

    /// <summary>The bytes that each id stands for; empty for ids of no token and for tokens that are not written in letters for bytes.</summary>
    public byte[][] TokensById()
    {
        var byteOfLetter = LetterOfByte.Select((letter, value) => (letter, value)).ToDictionary(pair => pair.letter, pair => (byte)pair.value);
        var tokens = new byte[_vocabulary.Size][];
        Array.Fill(tokens, []);
        foreach (var (token, id) in _vocabulary.Ids)
            if (token.All(byteOfLetter.ContainsKey))
                tokens[id] = [.. token.Select(letter => byteOfLetter[letter])];
        return tokens;
    }

    /// <summary>A piece of the word, linked to its neighbours; merged away where its id is -1.</summary>
    private record struct Symbol(int Id, int Previous, int Next);

    /// <inheritdoc/>
    protected override void EncodePieces(string word, List<int> pieces)
    {
        var bytes = Encoding.UTF8.GetBytes(word);
        if (_wholeWords is not null && _wholeWords.TryGetValue(string.Create(bytes.Length, bytes, WriteLetters), out var whole))
        {
            pieces.Add(whole);
            return;
        }
        var symbols = new Symbol[bytes.Length];
        var count = 0;
        foreach (var b in bytes)
            if (_byteIds[b] is >= 0 and var id)
                symbols[count] = new(id, count - 1, ++count);
        Merge(symbols.AsSpan(0, count));
        foreach (var symbol in symbols.AsSpan(0, count))
            if (symbol.Id >= 0)
                pieces.Add(symbol.Id);
    }

    private void Merge(Span<Symbol> symbols)
    {
        // Entries are never taken out early: one whose symbols have changed is recognized when its turn comes.
        var queue = new PriorityQueue<(int Left, int Id), long>();
        for (var i = 0; i + 1 < symbols.Length; i++)
            Offer(queue, symbols, i);
        while (queue.TryDequeue(out var merge, out _))
        {
            ref var left = ref symbols[merge.Left];
            if (left.Id < 0 || left.Next >= symbols.Length)
                continue;
            ref var right = ref symbols[left.Next];
            if (!_merges.TryGetValue(Pair(left.Id, right.Id), out var current) || current.Id != merge.Id)
                continue;
            left.Id = merge.Id;
            right.Id = -1;
            left.Next = right.Next;
            if (left.Next < symbols.Length)
            {
                symbols[left.Next].Previous = merge.Left;
                Offer(queue, symbols, merge.Left);
            }
            if (left.Previous >= 0)
                Offer(queue, symbols, left.Previous);
        }
    }

    private void Offer(PriorityQueue<(int Left, int Id), long> queue, Span<Symbol> symbols, int left)
    {
        if (_merges.TryGetValue(Pair(symbols[left].Id, symbols[symbols[left].Next].Id), out var merge))
            queue.Enqueue((left, merge.Id), Pair(merge.Rank, left));
    }

    private static long Pair(int first, int second) => (long)first << 32 | (uint)second;

    private static void WriteLetters(Span<char> target, byte[] bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
            target[i] = LetterOfByte[bytes[i]];
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
