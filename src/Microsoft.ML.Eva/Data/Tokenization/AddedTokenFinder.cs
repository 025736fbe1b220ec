using System.Buffers;
using System.Globalization;
using System.Text;

namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>Finds added tokens in a text: leftmost, then longest. Linear, since the length of an added token is bounded.</summary>
internal sealed class AddedTokenFinder
{
    /// <summary>Longer added tokens do not exist; the bound keeps the search linear.</summary>
    public const int LongestContent = 1024;

    private readonly AddedToken[] _tokens;
    private readonly CharacterTrie _trie = new();
    private readonly SearchValues<char> _firsts;

    /// <summary>Prepares the search for <paramref name="tokens"/>; a later token replaces an earlier one of the same content.</summary>
    public AddedTokenFinder(IEnumerable<AddedToken> tokens)
    {
        _tokens = tokens.Where(t => t.Content.Length > 0).ToArray();
        for (var i = 0; i < _tokens.Length; i++)
            _trie.Add(_tokens[i].Content, i);
        _firsts = SearchValues.Create(_tokens.Select(t => t.Content[0]).Distinct().ToArray());
    }

    /// <summary>The first token at or after <paramref name="start"/> with the range it swallows; null where there is none.</summary>
    public AddedToken? Next(string text, int start, out int begin, out int end)
    {
        for (var i = start; i < text.Length; i++)
        {
            var skipped = text.AsSpan(i).IndexOfAny(_firsts);
            if (skipped < 0)
                break;
            i += skipped;
            if (LongestAt(text, i) is not { } token)
                continue;
            (begin, end) = (i, i + token.Content.Length);
            if (token.SingleWord && (EndsInWord(text.AsSpan(0, begin)) || BeginsWithWord(text.AsSpan(end))))
            {
                i = end - 1; // refused, and its characters are not looked at again, as in the reference
                continue;
            }
            if (token.StripsLeft)
                begin = start + text.AsSpan(start, begin - start).TrimEnd().Length;
            if (token.StripsRight)
                end = text.Length - text.AsSpan(end).TrimStart().Length;
            return token;
        }
        begin = end = text.Length;
        return null;
    }

    private AddedToken? LongestAt(string text, int start)
    {
        AddedToken? longest = null;
        var node = CharacterTrie.Root;
        for (var i = start; i < text.Length && _trie.Step(ref node, text[i]); i++)
            if (_trie.Value(node) is >= 0 and var index)
                longest = _tokens[index];
        return longest;
    }

    private static bool EndsInWord(ReadOnlySpan<char> text) =>
        Rune.DecodeLastFromUtf16(text, out var rune, out _) == OperationStatus.Done && IsWord(rune);

    private static bool BeginsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeFromUtf16(text, out var rune, out _) == OperationStatus.Done && IsWord(rune);

    private static bool IsWord(Rune rune) => Rune.IsLetterOrDigit(rune) || UnicodeClass.IsMark(rune)
        || Rune.GetUnicodeCategory(rune) == UnicodeCategory.ConnectorPunctuation;
}
