using System.Collections.Concurrent;

namespace Microsoft.ML.Eva.Data.Tokenization.WordModels;

/// <summary>
/// The pieces of words met before. Bounded: long words stay out, and when it is full it keeps what it has, since words met
/// early are the frequent ones. At most about 10 MiB.
/// </summary>
internal sealed class WordCache
{
    private const int LongestWord = 48;
    private const int LargestCount = 1 << 16;

    private readonly ConcurrentDictionary<string, int[]> _pieces;
    private readonly ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    private int _count;

    public WordCache()
    {
        _pieces = new(StringComparer.Ordinal);
        _bySpan = _pieces.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The pieces of a word met before.</summary>
    public bool TryGet(ReadOnlySpan<char> word, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out int[]? pieces)
    {
        pieces = null;
        return word.Length <= LongestWord && _bySpan.TryGetValue(word, out pieces);
    }

    /// <summary>Remembers a word while there is room.</summary>
    public void Add(ReadOnlySpan<char> word, List<int> pieces)
    {
        if (word.Length <= LongestWord && Volatile.Read(ref _count) < LargestCount && _bySpan.TryAdd(word, [.. pieces]))
            Interlocked.Increment(ref _count);
    }
}
