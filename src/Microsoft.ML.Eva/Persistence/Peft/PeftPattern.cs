using System.Text.RegularExpressions;

namespace Microsoft.ML.Eva.Persistence.Peft;

/// <summary>
/// PEFT's matching: regular expressions from an untrusted file, on module names. They are run without backtracking, so that none
/// takes more than linear time.
/// </summary>
internal sealed class PeftPattern
{
    private readonly Regex _regex;

    private PeftPattern(Regex regex) => _regex = regex;

    /// <summary>A pattern for whole names.</summary>
    public static PeftPattern Whole(string expression, PeftConfig config, string key) => Create($"^(?:{expression})$", expression, config, key);

    /// <summary>A pattern for names or last parts of names, as in <c>rank_pattern</c>.</summary>
    public static PeftPattern LastParts(string expression, PeftConfig config, string key) => Create($@"^(.*\.)?({expression})$", expression, config, key);

    /// <summary>Whether any of a module's names matches.</summary>
    public bool Matches(IEnumerable<string> names) => names.Any(_regex.IsMatch);

    private static PeftPattern Create(string whole, string expression, PeftConfig config, string key)
    {
        try
        {
            return new PeftPattern(new Regex(whole, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant));
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw config.Fault(key, $"has the expression '{(expression.Length <= 80 ? expression : expression[..80] + "…")}', which is broken or needs backtracking");
        }
    }
}
