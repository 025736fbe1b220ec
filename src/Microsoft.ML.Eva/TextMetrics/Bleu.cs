namespace Microsoft.ML.Eva.TextMetrics;

/// <summary>
/// BLEU of a corpus (Papineni et al., 2002) as sacreBLEU computes it with its defaults: tokenizer 13a, case kept, up to four words, the
/// closest reference's length, exponential smoothing of orders without a match.
/// </summary>
/// <param name="Score">0 to 100.</param>
/// <param name="Precisions">Of one to four words, 0 to 100.</param>
/// <param name="BrevityPenalty">The factor for texts that are too short, 0 to 1.</param>
/// <param name="TextLength">Words of the texts.</param>
/// <param name="ReferenceLength">Words of the references closest in length.</param>
internal sealed record Bleu(double Score, IReadOnlyList<double> Precisions, double BrevityPenalty, int TextLength, int ReferenceLength)
{
    private const int LongestNgram = 4;

    /// <summary>Compares tokenized texts with their tokenized references.</summary>
    public static Bleu Of(IReadOnlyList<string[]> texts, IReadOnlyList<IReadOnlyList<string[]>> references)
    {
        var (matches, totals) = (new long[LongestNgram], new long[LongestNgram]);
        var (textLength, referenceLength) = (0, 0);
        for (var i = 0; i < texts.Count; i++)
        {
            var text = texts[i];
            textLength += text.Length;
            referenceLength += references[i].Select(words => words.Length).OrderBy(length => Math.Abs(length - text.Length)).ThenBy(length => length).First();
            for (var size = 1; size <= LongestNgram; size++)
            {
                var most = Ngrams.Most(references[i], size);
                totals[size - 1] += Math.Max(0, text.Length - size + 1);
                matches[size - 1] += Ngrams.Count(text, size).Sum(ngram => Math.Min(ngram.Value, most.GetValueOrDefault(ngram.Key)));
            }
        }
        var penalty = textLength == 0 ? 0 : textLength < referenceLength ? Math.Exp(1 - (double)referenceLength / textLength) : 1;
        var precisions = Precision(matches, totals);
        var score = matches.All(count => count == 0) ? 0 : penalty * Math.Exp(precisions.Average(precision => precision > 0 ? Math.Log(precision) : double.NegativeInfinity));
        return new Bleu(score, precisions, penalty, textLength, referenceLength);
    }

    // An order without a match counts as half a match, the next such order as a quarter, and so on.
    private static double[] Precision(long[] matches, long[] totals)
    {
        var precisions = new double[LongestNgram];
        var smoothing = 1.0;
        for (var i = 0; i < LongestNgram && totals[i] > 0; i++)
        {
            if (matches[i] == 0)
                smoothing *= 2;
            precisions[i] = matches[i] == 0 ? 100 / (smoothing * totals[i]) : 100.0 * matches[i] / totals[i];
        }
        return precisions;
    }
}
