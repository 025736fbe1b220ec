namespace Microsoft.ML.Eva.TextMetrics;

/// <summary>Counts sequences of words.</summary>
internal static class Ngrams
{
    // Stands between words; no word of any tokenizer here has it.
    private const char Separator = ' ';

    /// <summary>How often each sequence of <paramref name="size"/> words comes.</summary>
    public static Dictionary<string, int> Count(string[] words, int size)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i + size <= words.Length; i++)
        {
            var key = string.Join(Separator, words, i, size);
            counts[key] = counts.GetValueOrDefault(key) + 1;
        }
        return counts;
    }

    /// <summary>The most often that each sequence comes in any of the texts.</summary>
    public static Dictionary<string, int> Most(IEnumerable<string[]> texts, int size)
    {
        var most = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (key, count) in texts.SelectMany(words => Count(words, size)))
            most[key] = Math.Max(most.GetValueOrDefault(key), count);
        return most;
    }

    /// <summary>A sequence without its last word; empty for a single word.</summary>
    public static string WithoutLast(string key) => key.LastIndexOf(Separator) is >= 0 and var end ? key[..end] : "";
}
