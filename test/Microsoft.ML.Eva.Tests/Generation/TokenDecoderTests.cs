using Microsoft.ML.Eva.Data.Tokenization;
using Microsoft.ML.Eva.Tests.Data.Tokenization;

namespace Microsoft.ML.Eva.Tests.Generation;

[Trait("Category", "Fixtures")]
public sealed class TokenDecoderTests
{
    [Fact]
    public void Decode_EncodedTexts_AreRestored()
    {
        var restored = 0;
        foreach (var folder in TokenizerFixture.Folders)
        {
            if (Fixture.Json(folder, "config.json").GetProperty("model_type").GetString() != "gpt2")
                continue;
            var tokenizer = TokenizerFactory.Create("gpt2", Fixture.Json(folder, "config.json"), TokenizerFixture.Files(folder), folder);
            var decoder = tokenizer.CreateDecoder()!;
            foreach (var item in Fixture.Json(folder, "cases.json").GetProperty("cases").EnumerateArray())
            {
                if (item.GetProperty("text").GetString() is not { } text || text.Contains("<|endoftext|>", StringComparison.Ordinal) || text.Any(char.IsSurrogate) && !IsWhole(text))
                    continue;
                Assert.Equal(text, decoder.Decode(tokenizer.Encode(text, null, int.MaxValue).Ids));
                restored++;
            }
            Assert.Equal("ab", decoder.Decode(tokenizer.Encode("a<|endoftext|>b", null, int.MaxValue).Ids));
            Assert.NotNull(decoder.FindSpecial("<|endoftext|>"));
        }
        Assert.True(restored > 10, $"only {restored} texts");
    }

    [Fact]
    public void CreateDecoder_NoByteLevelPairs_IsNull()
    {
        var folder = TokenizerFixture.Folders.First(name => Fixture.Json(name, "config.json").GetProperty("model_type").GetString() == "bert");

        Assert.Null(TokenizerFactory.Create("bert", Fixture.Json(folder, "config.json"), TokenizerFixture.Files(folder), folder).CreateDecoder());
    }

    [Fact]
    public void BytesOf_IdsBeyondTheTokenizer_AreNothing()
    {
        var decoder = new TokenDecoder([[65]], [new AddedToken("<end>", 3), new AddedToken("<tag>", 2, IsSpecial: false)]);

        Assert.Equal("A<tag>A", decoder.Decode([0, 2, 3, 1, 0, 99, -1]));
        Assert.Equal(3, decoder.FindSpecial("<end>"));
        Assert.Null(decoder.FindSpecial("<tag>"));
    }

    private static bool IsWhole(string text) => text.EnumerateRunes().All(rune => rune.Value != 0xFFFD);
}
