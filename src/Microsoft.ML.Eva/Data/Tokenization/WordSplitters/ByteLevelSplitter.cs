using System.Text;

namespace Microsoft.ML.Eva.Data.Tokenization.WordSplitters;

/// <summary>
/// GPT-2's: English endings ('s, 't, 're, 've, 'm, 'll, 'd), runs of letters, of numbers and of other signs, each with one
/// blank before, and white space, whose last character goes to what follows if it is a blank. Written out because the
/// pattern's backtracking costs most of a tokenizer's time.
/// </summary>
internal sealed class ByteLevelSplitter(bool addsSpace, bool splits) : WordSplitter
{
    private enum Kind
    {
        Letter,
        Number,
        Space,
        Other,
    }

    /// <inheritdoc/>
    public override string Prepare(string text, bool isFirst) => addsSpace && text[0] != ' ' ? " " + text : text;

    /// <inheritdoc/>
    public override bool Next(ReadOnlySpan<char> text, ref int position, out int start)
    {
        start = position;
        if (position == text.Length)
            return false;
        if (!splits)
        {
            position = text.Length;
            return true;
        }
        if (EndingLength(text[position..]) is > 0 and var ending)
        {
            position += ending;
            return true;
        }
        if (text[position] == ' ' && position + 1 < text.Length && KindAt(text, position + 1, out _) != Kind.Space)
            position++;
        var kind = KindAt(text, position, out var length);
        var last = position;
        while (position < text.Length && KindAt(text, position, out length) == kind)
        {
            last = position;
            position += length;
        }
        if (kind == Kind.Space && position < text.Length && last > start)
            position = last; // the last white space before a word is a word of its own, or a blank that joins what follows
        return true;
    }

    private static int EndingLength(ReadOnlySpan<char> text)
    {
        if (text[0] != '\'' || text.Length < 2)
            return 0;
        if (text[1] is 's' or 't' or 'm' or 'd')
            return 2;
        return text.Length > 2 && text[1..3] is "re" or "ve" or "ll" ? 3 : 0;
    }

    private static Kind KindAt(ReadOnlySpan<char> text, int position, out int length)
    {
        var c = text[position];
        length = 1;
        if (char.IsAscii(c))
        {
            return char.IsAsciiLetter(c) ? Kind.Letter
                : char.IsAsciiDigit(c) ? Kind.Number
                : c is ' ' or (>= '\t' and <= '\r') ? Kind.Space : Kind.Other;
        }
        Rune.DecodeFromUtf16(text[position..], out var rune, out length);
        return UnicodeClass.IsLetter(rune) ? Kind.Letter
            : UnicodeClass.IsNumber(rune) ? Kind.Number
            : Rune.IsWhiteSpace(rune) ? Kind.Space : Kind.Other;
    }
}
