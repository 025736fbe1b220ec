using System.Text;

namespace Microsoft.ML.Eva.Data.Tokenization.Normalizers;

/// <summary>
/// BERT's: drops what is not text, makes all white space blanks, puts blanks around ideographs, strips accents, lowers case.
/// Microsoft.ML.Tokenizers' own differs from the reference (see docs/tokenizers.md).
/// </summary>
internal sealed class BertNormalizer(bool cleansText, bool spacesIdeographs, bool stripsAccents, bool lowersCase) : TextNormalizer
{
    /// <inheritdoc/>
    public override string Normalize(string text)
    {
        if (Ascii.IsValid(text))
            return NormalizeAscii(text);
        text = Clean(text);
        if (stripsAccents)
            text = UnicodeFormNormalizer.ToForm(text, NormalizationForm.FormD);
        return stripsAccents || lowersCase ? Fold(text) : text;
    }

    private string NormalizeAscii(string text) => string.Create(text.Length - CountDropped(text), (text, cleansText, lowersCase), static (target, state) =>
    {
        var length = 0;
        foreach (var c in state.text)
        {
            if (state.cleansText && IsDropped(c))
                continue;
            target[length++] = state.cleansText && c is '\t' or '\n' or '\r' ? ' '
                : state.lowersCase && char.IsAsciiLetterUpper(c) ? (char)(c | 0x20) : c;
        }
    });

    private int CountDropped(string text)
    {
        var count = 0;
        if (cleansText)
            foreach (var c in text)
                count += IsDropped(c) ? 1 : 0;
        return count;
    }

    private static bool IsDropped(char ascii) => ascii < ' ' ? ascii is not ('\t' or '\n' or '\r') : ascii == 0x7F;

    private string Clean(string text)
    {
        var cleaned = new StringBuilder(text.Length + 16);
        foreach (var rune in text.EnumerateRunes())
        {
            if (cleansText && (rune.Value is 0 or 0xFFFD || UnicodeClass.IsBertControl(rune)))
                continue;
            if (cleansText && Rune.IsWhiteSpace(rune))
                cleaned.Append(' ');
            else if (spacesIdeographs && UnicodeClass.IsBertIdeograph(rune))
            {
                cleaned.Append(' ');
                UnicodeClass.Append(cleaned, rune);
                cleaned.Append(' ');
            }
            else
                UnicodeClass.Append(cleaned, rune);
        }
        return cleaned.ToString();
    }

    private string Fold(string text)
    {
        var folded = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (stripsAccents && UnicodeClass.IsNonSpacingMark(rune))
                continue;
            if (lowersCase)
                UnicodeClass.AppendLower(folded, rune);
            else
                UnicodeClass.Append(folded, rune);
        }
        return folded.ToString();
    }
}
