namespace Microsoft.ML.Eva.TextMetrics;

/// <summary>
/// NIST (Doddington, 2002) as mteval-v13a computes it: matches of up to five words, weighted by how much they tell – the base-2
/// logarithm of how much rarer a sequence is in the references than its beginning –, and a penalty for texts shorter than the
/// references' mean length.
/// </summary>
internal static class Nist
{
    private const int LongestNgram = 5;

    // A text of two thirds the references' length keeps half its score.
    private static readonly double Beta = Math.Log(2) / Math.Pow(Math.Log(1.5), 2);

    /// <summary>Compares tokenized texts with their tokenized references.</summary>
    public static double Of(IReadOnlyList<string[]> texts, IReadOnlyList<IReadOnlyList<string[]>> references)
    {
        var counts = ReferenceCounts(references);
        double words = references.Sum(ofText => ofText.Sum(reference => (long)reference.Length));
        var score = 0.0;
        for (var size = 1; size <= LongestNgram; size++)
        {
            var (information, total) = (0.0, 0L);
            for (var i = 0; i < texts.Count; i++)
            {
                var most = Ngrams.Most(references[i], size);
                total += Math.Max(0, texts[i].Length - size + 1);
                foreach (var (ngram, count) in Ngrams.Count(texts[i], size))
                    if (most.TryGetValue(ngram, out var limit))
                        information += Math.Min(count, limit) * Math.Log2((size == 1 ? words : counts[Ngrams.WithoutLast(ngram)]) / counts[ngram]);
            }
            score += information / Math.Max(total, 1);
        }
        return score * Penalty(texts.Sum(text => (double)text.Length) / references.Sum(ofText => ofText.Average(reference => (double)reference.Length)));
    }

    private static Dictionary<string, long> ReferenceCounts(IReadOnlyList<IReadOnlyList<string[]>> references)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var reference in references.SelectMany(ofText => ofText))
            for (var size = 1; size <= LongestNgram; size++)
                foreach (var (ngram, count) in Ngrams.Count(reference, size))
                    counts[ngram] = counts.GetValueOrDefault(ngram) + count;
        return counts;
    }

    private static double Penalty(double ratio) => ratio >= 1 ? 1 : ratio > 0 ? Math.Exp(-Beta * Math.Pow(Math.Log(ratio), 2)) : 0;
}
