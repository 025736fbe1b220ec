using System.Text;

namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>Ids back to bytes of UTF-8. A character may be spread over several tokens, so that one token alone need not be a text.</summary>
internal sealed class TokenDecoder
{
    private readonly byte[][] _tokens;
    private readonly Dictionary<string, int> _special = new(StringComparer.Ordinal);

    /// <summary>Takes the vocabulary's tokens by id, which it keeps, and those that were added to it.</summary>
    public TokenDecoder(byte[][] tokens, IReadOnlyList<AddedToken> added)
    {
        _tokens = tokens;
        if (added.Count > 0 && added.Max(token => token.Id) is var largest && largest >= tokens.Length)
        {
            var before = tokens.Length;
            Array.Resize(ref _tokens, largest + 1);
            Array.Fill(_tokens, [], before, largest + 1 - before);
        }
        foreach (var token in added)
        {
            _tokens[token.Id] = token.IsSpecial ? [] : Encoding.UTF8.GetBytes(token.Content);
            if (token.IsSpecial)
                _special[token.Content] = token.Id;
        }
    }

    /// <summary>The bytes of one token: none for special tokens and for ids that the tokenizer does not know, of which a table of words may have some.</summary>
    public ReadOnlySpan<byte> BytesOf(int id) => (uint)id < (uint)_tokens.Length ? _tokens[id] : [];

    /// <summary>The id of a special token; null where there is none of that content.</summary>
    public int? FindSpecial(string content) => _special.TryGetValue(content, out var id) ? id : null;

    /// <summary>The text of these ids; bytes that are no UTF-8 become U+FFFD.</summary>
    public string Decode(IReadOnlyList<int> ids)
    {
        var bytes = new List<byte>(4 * ids.Count);
        foreach (var id in ids)
            bytes.AddRange(BytesOf(id));
        return Encoding.UTF8.GetString([.. bytes]);
    }
}
