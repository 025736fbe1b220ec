using System.Text;
using Microsoft.ML.Eva.Data.Tokenization;

namespace Microsoft.ML.Eva.Generation;

/// <summary>
/// The text that tokens add up to, as they come: bytes wait until their character is whole, and characters that may begin a stop
/// sequence wait until it is clear whether they do.
/// </summary>
internal sealed class WrittenText(TokenDecoder decoder, IReadOnlyList<string> stopSequences)
{
    private readonly Decoder _utf8 = Encoding.UTF8.GetDecoder();
    private readonly StringBuilder _text = new();
    private int _taken;

    /// <summary>Whether a stop sequence has appeared; the text ends before it.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>The text so far, whole characters only.</summary>
    public override string ToString() => _text.ToString();

    /// <summary>Adds a token's bytes.</summary>
    public void Add(int token) => Add(decoder.BytesOf(token), isLast: false);

    /// <summary>Ends the text: what waits of a character that will not be completed becomes U+FFFD.</summary>
    public void Complete() => Add([], isLast: true);

    /// <summary>What has become certain since the last call; after <see cref="Complete"/> all that is left.</summary>
    public string TakePiece(bool isLast)
    {
        var end = _text.Length - (isLast || IsStopped ? 0 : Waiting());
        if (end <= _taken)
            return "";
        var piece = _text.ToString(_taken, end - _taken);
        _taken = end;
        return piece;
    }

    private void Add(ReadOnlySpan<byte> bytes, bool isLast)
    {
        if (IsStopped)
            return;
        var characters = new char[_utf8.GetCharCount(bytes, isLast)];
        _utf8.GetChars(bytes, characters, isLast);
        var before = _text.Length;
        _text.Append(characters);
        CutAtStop(before);
    }

    // Only what ends within the new characters can be new.
    private void CutAtStop(int before)
    {
        if (stopSequences.Count == 0)
            return;
        var start = Math.Max(0, before - stopSequences.Max(stop => stop.Length) + 1);
        var tail = _text.ToString(start, _text.Length - start);
        var places = stopSequences.Select(stop => tail.IndexOf(stop, StringComparison.Ordinal)).Where(place => place >= 0).ToList();
        if (places.Count == 0)
            return;
        IsStopped = true;
        _text.Length = start + places.Min();
    }

    // The length of the longest end of the text that is the beginning of a stop sequence.
    private int Waiting()
    {
        for (var length = Math.Min(_text.Length, stopSequences.Select(stop => stop.Length - 1).DefaultIfEmpty(0).Max()); length > 0; length--)
        {
            var end = _text.ToString(_text.Length - length, length);
            if (stopSequences.Any(stop => stop.StartsWith(end, StringComparison.Ordinal)))
                return length;
        }
        return 0;
    }
}
