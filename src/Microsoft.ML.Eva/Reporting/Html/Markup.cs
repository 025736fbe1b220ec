using System.Globalization;
using System.Net;
using System.Text;

namespace Microsoft.ML.Eva.Reporting.Html;

/// <summary>Texts and numbers as they may stand in a page.</summary>
internal static class Markup
{
    /// <summary>
    /// A text from anywhere, such that no character of it is markup. Control characters and lone surrogates become U+FFFD; the text
    /// stands in an element of its own, so that marks of writing direction end with it.
    /// </summary>
    public static string Foreign(string text) => $"<bdi>{Encode(text)}</bdi>";

    /// <summary>A text with nothing in it that is markup, for elements and attributes.</summary>
    public static string Encode(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            clean.Append(Rune.IsControl(rune) && rune.Value is not ('\n' or '\t') ? Rune.ReplacementChar.ToString() : rune.ToString());
        return WebUtility.HtmlEncode(clean.ToString());
    }

    /// <summary>A coordinate or length.</summary>
    public static string Place(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>A number for people: four digits that count.</summary>
    public static string Number(double value) => double.IsFinite(value) ? value.ToString(Math.Abs(value) is >= 1e5 or (< 1e-3 and > 0) ? "0.###e0" : "#,0.####", CultureInfo.InvariantCulture) : "–";

    /// <summary>A number of things.</summary>
    public static string Count(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>A part of a whole.</summary>
    public static string Percent(double part) => double.IsFinite(part) ? (100 * part).ToString("0.0", CultureInfo.InvariantCulture) + " %" : "–";

    /// <summary>A time.</summary>
    public static string Seconds(double seconds) => seconds < 120
        ? seconds.ToString("0.0", CultureInfo.InvariantCulture) + " s"
        : TimeSpan.FromSeconds(seconds).ToString(seconds < 3600 ? @"m\:ss\ \m\i\n" : @"d\.hh\:mm\:ss", CultureInfo.InvariantCulture);

    /// <summary>A cell of a table whose shade tells its value, 0 to 1.</summary>
    public static string ShadedCell(double part, string text, string kind, string title)
    {
        var shade = Math.Clamp(double.IsFinite(part) ? part : 0, 0, 1);
        return $"<td class=\"shade {kind}{(shade > 0.85 ? " strong" : "")}\" style=\"--part:{shade.ToString("0.###", CultureInfo.InvariantCulture)}\" title=\"{Encode(title)}\">{Encode(text)}</td>";
    }
}
