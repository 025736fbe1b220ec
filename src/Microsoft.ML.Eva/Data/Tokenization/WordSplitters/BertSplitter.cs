using System.Text;

namespace Microsoft.ML.Eva.Data.Tokenization.WordSplitters;

/// <summary>BERT's: words end at white space, which is dropped, and at punctuation, which is a word of its own.</summary>
internal sealed class BertSplitter : WordSplitter
{
    /// <inheritdoc/>
    public override bool Next(ReadOnlySpan<char> text, ref int position, out int start)
    {
        start = position;
        while (position < text.Length)
        {
            int length;
            bool isSpace, isPunctuation;
            var c = text[position];
            if (char.IsAscii(c))
            {
                length = 1;
                isSpace = c is ' ' or (>= '\t' and <= '\r');
                isPunctuation = !isSpace && !char.IsAsciiLetterOrDigit(c) && c is > ' ' and < (char)0x7F;
            }
            else
            {
                Rune.DecodeFromUtf16(text[position..], out var rune, out length);
                isSpace = Rune.IsWhiteSpace(rune);
                isPunctuation = UnicodeClass.IsBertPunctuation(rune);
            }
            if (!isSpace && !isPunctuation)
            {
                position += length;
                continue;
            }
            if (position > start)
                return true;
            position += length;
            if (isPunctuation)
                return true;
            start = position;
        }
        return position > start;
    }
}
