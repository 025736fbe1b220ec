using System.Text;
using Microsoft.ML.Eva.Data.Tokenization;
using Microsoft.ML.Eva.Generation;

namespace Microsoft.ML.Eva.Tests.Generation;

public sealed class WrittenTextTests
{
    // every byte is a token
    private static readonly TokenDecoder Bytes = new([.. Enumerable.Range(0, 256).Select(value => new[] { (byte)value })], []);

    [Theory]
    [InlineData("plain")]
    [InlineData("Größe – 10 €")]
    [InlineData("日本語 👩‍🚀 𝄞")]
    public void TakePiece_CharactersOverSeveralTokens_AreNeverCut(string text)
    {
        var (pieces, whole) = Write(Encoding.UTF8.GetBytes(text), []);

        Assert.Equal(text, string.Concat(pieces));
        Assert.Equal(text, whole);
        Assert.All(pieces, piece => Assert.DoesNotContain('\uFFFD', piece));
        Assert.All(pieces, piece => Assert.False(char.IsHighSurrogate(piece[^1])));
    }

    [Fact]
    public void Complete_ACharacterThatIsNotComplete_IsReplaced()
    {
        var (pieces, whole) = Write([.. "ab"u8, 0xE2, 0x82], []);

        Assert.Equal("ab\uFFFD", whole);
        Assert.Equal(whole, string.Concat(pieces));
    }

    [Theory]
    [InlineData("one\n\ntwo", "one")]
    [InlineData("one\ntwo", "one\ntwo")]
    [InlineData("one\n", "one\n")]
    [InlineData("\n\n", "")]
    [InlineData("a END", "a ")]
    [InlineData("a EN", "a EN")]
    [InlineData("a ENEND b", "a EN")]
    public void TakePiece_StopSequences_AreHeldBackAndCut(string text, string expected)
    {
        var (pieces, whole) = Write(Encoding.UTF8.GetBytes(text), ["\n\n", "END"]);

        Assert.Equal(expected, whole);
        Assert.Equal(expected, string.Concat(pieces));
    }

    [Fact]
    public void TakePiece_NothingThatMayBegin_DoesNotWait()
    {
        var written = new WrittenText(Bytes, ["END"]);
        written.Add('x');
        Assert.Equal("x", written.TakePiece(isLast: false));
        written.Add('E');
        Assert.Equal("", written.TakePiece(isLast: false));
        written.Add('x');
        Assert.Equal("Ex", written.TakePiece(isLast: false));
    }

    private static (List<string> Pieces, string Whole) Write(byte[] tokens, string[] stops)
    {
        var written = new WrittenText(Bytes, stops);
        var pieces = new List<string>();
        foreach (var token in tokens)
        {
            written.Add(token);
            pieces.Add(written.TakePiece(isLast: false));
        }
        written.Complete();
        pieces.Add(written.TakePiece(isLast: true));
        pieces.RemoveAll(piece => piece.Length == 0);
        return (pieces, written.ToString());
    }
}
