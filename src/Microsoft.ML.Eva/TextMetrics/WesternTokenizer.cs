using System.Text.RegularExpressions;

namespace Microsoft.ML.Eva.TextMetrics;

/// <summary>The words that mteval-v13a finds in Western languages' texts, sacreBLEU's tokenizer "13a".</summary>
internal static partial class WesternTokenizer
{
    /// <summary>Splits a text; letters keep their case.</summary>
    public static string[] Split(string text)
    {
        text = text.TrimEnd().Replace("<skipped>", "", StringComparison.Ordinal).Replace("-\n", "", StringComparison.Ordinal).Replace('\n', ' ');
        if (text.Contains('&', StringComparison.Ordinal))
            text = text.Replace("&quot;", "\"", StringComparison.Ordinal).Replace("&amp;", "&", StringComparison.Ordinal)
                .Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal);
        text = Signs().Replace($" {text} ", " $1 ");
        text = PointAfterOther().Replace(text, "$1 $2 ");
        text = PointBeforeOther().Replace(text, " $1 $2");
        text = DashAfterDigit().Replace(text, "$1 $2 ");
        return text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
    }

    [GeneratedRegex(@"([\{-\~\[-\` -\&\(-\+\:-\@\/])")]
    private static partial Regex Signs();

    [GeneratedRegex(@"([^0-9])([\.,])")]
    private static partial Regex PointAfterOther();

    [GeneratedRegex(@"([\.,])([^0-9])")]
    private static partial Regex PointBeforeOther();

    [GeneratedRegex("([0-9])(-)")]
    private static partial Regex DashAfterDigit();
}
