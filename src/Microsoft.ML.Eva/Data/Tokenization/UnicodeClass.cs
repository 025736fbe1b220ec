using System.Globalization;
using System.Text;

namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>The classes of characters that the reference tokenizers distinguish.</summary>
internal static class UnicodeClass
{
    /// <summary>Letters of any script.</summary>
    public static bool IsLetter(Rune rune) => Rune.IsLetter(rune);

    /// <summary>Digits, letter-like numbers and other numbers.</summary>
    public static bool IsNumber(Rune rune) => Rune.IsNumber(rune);

    /// <summary>Marks that take no room of their own: what "strip accents" drops.</summary>
    public static bool IsNonSpacingMark(Rune rune) => Rune.GetUnicodeCategory(rune) == UnicodeCategory.NonSpacingMark;

    /// <summary>Marks of all three kinds.</summary>
    public static bool IsMark(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    /// <summary>What BERT drops: control, format and private-use characters, but not tab and line ends, nor unassigned ones.</summary>
    public static bool IsBertControl(Rune rune) => rune.Value is not ('\t' or '\n' or '\r') && Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse;

    /// <summary>What BERT splits off: all of Unicode's punctuation, and ASCII's symbols, which Unicode does not count as such.</summary>
    public static bool IsBertPunctuation(Rune rune) => rune.IsAscii
        ? char.IsPunctuation((char)rune.Value) || char.IsSymbol((char)rune.Value)
        : Rune.GetUnicodeCategory(rune) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation;

    /// <summary>The ideographs that BERT takes one by one.</summary>
    public static bool IsBertIdeograph(Rune rune) => rune.Value
        is >= 0x4E00 and <= 0x9FFF or >= 0x3400 and <= 0x4DBF or >= 0x20000 and <= 0x2A6DF or >= 0x2A700 and <= 0x2B73F
        or >= 0x2B740 and <= 0x2B81F or >= 0x2B920 and <= 0x2CEAF or >= 0xF900 and <= 0xFAFF or >= 0x2F800 and <= 0x2FA1F;

    /// <summary>Lower case of one character at a time: no final sigma; İ is the only one that becomes two.</summary>
    public static void AppendLower(StringBuilder target, Rune rune)
    {
        if (rune.Value == 0x130)
            target.Append("i\u0307");
        else
            Append(target, Rune.ToLowerInvariant(rune));
    }

    /// <summary>Appends without making a string.</summary>
    public static void Append(StringBuilder target, Rune rune)
    {
        Span<char> chars = stackalloc char[2];
        target.Append(chars[..rune.EncodeToUtf16(chars)]);
    }

    /// <summary>The text with every unpaired surrogate replaced by U+FFFD, so that all that follows sees valid Unicode.</summary>
    public static string WithoutLoneSurrogates(string text)
    {
        var first = IndexOfLoneSurrogate(text);
        if (first < 0)
            return text;
        var builder = new StringBuilder(text.Length).Append(text, 0, first);
        foreach (var rune in text.AsSpan(first).EnumerateRunes())
            Append(builder, rune);
        return builder.ToString();
    }

    private static int IndexOfLoneSurrogate(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var skipped = text.AsSpan(i).IndexOfAnyInRange('\uD800', '\uDFFF');
            if (skipped < 0)
                return -1;
            i += skipped;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                return i;
            i++;
        }
        return -1;
    }
}
