using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Microsoft.ML.Eva.Data.Tokenization.Normalizers;

/// <summary>
/// SentencePiece's compiled character map: u32 length of a double-array trie, the trie, zero-ended UTF-8 replacements. Applied
/// as the tokenizers library does it: to short graphemes as a whole, else character by character, and always by the shortest
/// match. Microsoft.ML.Tokenizers has such a map too, but only inside of its SentencePiece tokenizer.
/// </summary>
internal sealed class CharacterMapNormalizer : TextNormalizer
{
    private const int LongestGrapheme = 5; // UTF-8 bytes

    private readonly uint[] _trie;
    private readonly byte[] _replacements;
    private readonly string?[] _ascii = new string?[128];

    /// <summary>Reads a map.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public CharacterMapNormalizer(ReadOnlySpan<byte> map)
    {
        var length = map.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(map) : 0;
        if (length == 0 || length % 4 != 0 || length > map.Length - 4)
            throw new ArgumentException($"the character map of {map.Length} bytes claims a trie of {length} bytes");
        _trie = new uint[length / 4];
        for (var i = 0; i < _trie.Length; i++)
            _trie[i] = BinaryPrimitives.ReadUInt32LittleEndian(map[(4 + 4 * i)..]);
        _replacements = map[(4 + (int)length)..].ToArray();
        for (var c = 0; c < _ascii.Length; c++)
            _ascii[c] = Replacement([(byte)c]);
    }

    /// <inheritdoc/>
    public override string Normalize(string text)
    {
        var result = new StringBuilder(text.Length + 8);
        for (var start = 0; start < text.Length;)
        {
            var c = text[start];
            // An ASCII character before another one is a grapheme, but for a carriage return before a line feed.
            if (c < 128 && c != '\r' && (start + 1 == text.Length || text[start + 1] < 128))
            {
                if (_ascii[c] is { } replacement)
                    result.Append(replacement);
                else
                    result.Append(c);
                start++;
                continue;
            }
            var length = StringInfo.GetNextTextElementLength(text.AsSpan(start));
            AppendGrapheme(result, text.AsSpan(start, length));
            start += length;
        }
        return result.ToString();
    }

    private void AppendGrapheme(StringBuilder result, ReadOnlySpan<char> grapheme)
    {
        Span<byte> utf8 = stackalloc byte[LongestGrapheme];
        if (Encoding.UTF8.TryGetBytes(grapheme, utf8, out var length) && Replacement(utf8[..length]) is { } whole)
        {
            result.Append(whole);
            return;
        }
        foreach (var rune in grapheme.EnumerateRunes())
        {
            if (Replacement(utf8[..rune.EncodeToUtf8(utf8)]) is { } replacement)
                result.Append(replacement);
            else
                UnicodeClass.Append(result, rune);
        }
    }

    /// <summary>What the shortest entry that <paramref name="key"/> begins with is replaced by; null where there is none.</summary>
    private string? Replacement(ReadOnlySpan<byte> key)
    {
        var position = Offset(_trie[0]);
        foreach (var b in key)
        {
            position ^= b;
            if (b == 0 || position >= (uint)_trie.Length)
                return null;
            var unit = _trie[position];
            if ((unit & 0x8000_00FF) != b)
                return null;
            position ^= Offset(unit);
            if ((unit >> 8 & 1) == 1)
                return position < (uint)_trie.Length ? ReplacementAt(_trie[position] & 0x7FFF_FFFF) : null;
        }
        return null;
    }

    private string? ReplacementAt(uint start)
    {
        if (start >= (uint)_replacements.Length)
            return null;
        var rest = _replacements.AsSpan((int)start);
        var end = rest.IndexOf((byte)0);
        return end < 0 ? null : Encoding.UTF8.GetString(rest[..end]);
    }

    private static uint Offset(uint unit) => unit >> 10 << (int)((unit & 1 << 9) >> 6);
}
