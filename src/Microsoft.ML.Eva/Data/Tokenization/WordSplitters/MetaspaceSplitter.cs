using System.Text;

namespace Microsoft.ML.Eva.Data.Tokenization.WordSplitters;

/// <summary>When a mark is put before a text that does not begin with one.</summary>
internal enum MarkBefore
{
    /// <summary>Always.</summary>
    Always,

    /// <summary>Only at the very beginning, not after an added token.</summary>
    First,

    /// <summary>Never.</summary>
    Never,
}

/// <summary>SentencePiece's: blanks become marks (▁), a word begins at each mark.</summary>
internal sealed class MetaspaceSplitter(char mark, MarkBefore markBefore, bool splits, bool dropsWhiteSpace) : WordSplitter
{
    /// <inheritdoc/>
    public override string Prepare(string text, bool isFirst)
    {
        if (dropsWhiteSpace)
            return MarkWords(text);
        text = text.Replace(' ', mark);
        return text[0] != mark && (markBefore == MarkBefore.Always || markBefore == MarkBefore.First && isFirst) ? mark + text : text;
    }

    /// <inheritdoc/>
    public override bool Next(ReadOnlySpan<char> text, ref int position, out int start)
    {
        start = position;
        if (position == text.Length)
            return false;
        var next = splits ? text[(position + 1)..].IndexOf(mark) : -1;
        position = next < 0 ? text.Length : position + 1 + next;
        return true;
    }

    /// <summary>Words between white space of any kind, each behind one mark.</summary>
    private string MarkWords(string text)
    {
        var result = new StringBuilder(text.Length + 8);
        for (var start = 0; start < text.Length;)
        {
            if (char.IsWhiteSpace(text[start]))
            {
                start++;
                continue;
            }
            var end = start;
            while (end < text.Length && !char.IsWhiteSpace(text[end]))
                end++;
            if (text[start] != mark)
                result.Append(mark);
            result.Append(text, start, end - start);
            start = end;
        }
        return result.ToString();
    }
}
