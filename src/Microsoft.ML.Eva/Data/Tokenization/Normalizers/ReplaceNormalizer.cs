using System.Globalization;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Eva.Data.Tokenization.Normalizers;

/// <summary>
/// Replaces all matches of a pattern. The pattern is not trusted: it runs without backtracking, in linear time, and may be
/// neither long nor repeat much, since the automaton grows with both.
/// </summary>
internal sealed partial class ReplaceNormalizer : TextNormalizer
{
    private const int LongestPattern = 256;
    private const int MostRepetitions = 1000;

    private readonly Regex _pattern;
    private readonly string _content;

    /// <summary>Prepares the pattern.</summary>
    /// <exception cref="ArgumentException">It is no regular expression, or one that is not supported.</exception>
    public ReplaceNormalizer(string pattern, string content)
    {
        if (pattern.Length > LongestPattern)
            throw new ArgumentException($"the pattern has {pattern.Length} characters; {LongestPattern} are the most");
        var repetitions = 1.0;
        foreach (Match count in Counts().Matches(pattern))
            repetitions *= Math.Max(1, double.Parse(count.ValueSpan, CultureInfo.InvariantCulture));
        if (repetitions > MostRepetitions)
            throw new ArgumentException($"the pattern repeats {repetitions:0} times; {MostRepetitions} are the most");
        try
        {
            _pattern = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (NotSupportedException e)
        {
            throw new ArgumentException(e.Message, e);
        }
        _content = content.Replace("$", "$$", StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    public override string Normalize(string text) => _pattern.Replace(text, _content);

    [GeneratedRegex(@"(?<=[{,])[0-9]+(?=[,}])")]
    private static partial Regex Counts();
}
