using System.Text.Json;
using Microsoft.ML.Eva.Tensors;

namespace Microsoft.ML.Eva.Tests.Tensors;

public sealed class UntrustedJsonTests
{
    [Theory]
    [InlineData("{\"a\":\"\\ud83d\"}")]
    [InlineData("{\"\\udc00\":1}")]
    [InlineData("[[\"\\ud800x\"]]")]
    [InlineData("{")]
    public void Parse_UnreadableText_ThrowsJsonException(string text) =>
        Assert.ThrowsAny<JsonException>(() => UntrustedJson.Parse(System.Text.Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Parse_NoUtf8_ThrowsJsonException() => Assert.ThrowsAny<JsonException>(() => UntrustedJson.Parse(new byte[] { (byte)'"', 0x8C, (byte)'"' }));

    [Fact]
    public void Parse_PairOfEscapes_GivesTheCharacter()
    {
        using var json = UntrustedJson.Parse("\"\\ud83d\\ude00\""u8.ToArray());

        Assert.Equal("\U0001F600", json.RootElement.GetString());
    }
}
