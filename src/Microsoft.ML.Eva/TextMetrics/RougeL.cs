using System.Text.RegularExpressions;

namespace Microsoft.ML.Eva.TextMetrics;

/// <summary>
/// ROUGE-L (Lin, 2004) as Google's rouge_score computes it without stemming: words of letters a to z and digits in lower case, F1 of the
/// longest common subsequence, the best reference of each text, the mean over the texts.
/// </summary>
internal static partial class RougeL
{
    /// <summary>Compares texts with their references.</summary>
    public static double Of(IReadOnlyList<string> texts, IReadOnlyList<IReadOnlyList<string>> references) =>
        texts.Zip(references, (text, ofText) => ofText.Max(reference => Score(Split(reference), Split(text)))).Average();

    private static double Score(string[] reference, string[] text)
    {
        if (reference.Length == 0 || text.Length == 0)
            return 0;
        double common = CommonLength(reference, text);
        var (precision, recall) = (common / text.Length, common / reference.Length);
        return common == 0 ? 0 : 2 * precision * recall / (precision + recall);
    }

    private static int CommonLength(string[] left, string[] right)
    {
        var row = new int[right.Length + 1];
        foreach (var word in left)
        {
            var diagonal = 0;
            for (var j = 1; j <= right.Length; j++)
                (diagonal, row[j]) = (row[j], word == right[j - 1] ? diagonal + 1 : Math.Max(row[j], row[j - 1]));
        }
        return row[^1];
    }

    private static string[] Split(string text) => Other().Replace(text.ToLowerInvariant(), " ").Split(' ', StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex Other();
}
