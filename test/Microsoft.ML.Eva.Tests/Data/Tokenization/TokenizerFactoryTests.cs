using System.Text;
using System.Text.Json;
using Microsoft.ML.Eva.Data.Tokenization;

namespace Microsoft.ML.Eva.Tests.Data.Tokenization;

public class TokenizerFactoryTests
{
    private const string Words = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ncafe\ncaf\u00E9\nThe\n##s\n\u4E2D\n\u4E2D##x\n";

    [Theory]
    [InlineData("bert", "{}")]
    [InlineData("electra", "{}")]
    [InlineData("distilbert", "{}")]
    [InlineData("unheard-of", "{\"tokenizer_class\": \"ElectraTokenizerFast\"}")]
    [InlineData("unheard-of", "{\"tokenizer_class\": \"DistilBertTokenizer\"}")]
    public void Create_VocabularyOfBertsKin_IsUncasedWordPiece(string modelType, string tokenizerConfig)
    {
        var tokenizer = Create(modelType, tokenizerConfig);
        Assert.Equal([2, 5, 6, 9, 10, 3], tokenizer.Encode("The Caf\u00E9s\u4E2D", null, 16).Ids);
        Assert.Equal(modelType is "bert" or "electra", tokenizer.HasTokenTypes);
    }

    [Theory]
    [InlineData("{\"do_lower_case\": false}", new[] { 2, 8, 7, 3 })]
    [InlineData("{\"do_lower_case\": true, \"strip_accents\": false}", new[] { 2, 5, 7, 3 })]
    [InlineData("{\"do_lower_case\": false, \"strip_accents\": true}", new[] { 2, 8, 6, 3 })]
    public void Create_TokenizerConfig_DecidesCaseAndAccents(string tokenizerConfig, int[] expected) =>
        Assert.Equal(expected, Create("bert", tokenizerConfig).Encode("The caf\u00E9", null, 16).Ids);

    [Fact]
    public void Create_SpecialTokensUnderOtherNames_AreUsed()
    {
        Assert.Equal([5, 10, 6, 4, 6], Create("bert", "{\"cls_token\": {\"content\": \"the\"}, \"sep_token\": \"cafe\"}").Encode("\u4E2D", "[MASK]", 16).Ids);
    }

    [Fact]
    public void Create_UnknownModelWithoutTokenizerJson_NamesTheModel()
    {
        var fault = Assert.Throws<InvalidDataException>(() => Create("bertolino", "{}"));
        Assert.Contains("bertolino", fault.Message);
        Assert.Contains("tokenizer.json", fault.Message);
    }

    [Fact]
    public void AddedTokenFinder_Flags_AreKept()
    {
        var finder = new AddedTokenFinder(
        [
            new("<a>", 1, StripsLeft: true, StripsRight: true), new("<a><b>", 2), new("word", 3, SingleWord: true),
        ]);
        Assert.Equal("1[1,8]", Find(finder, "x  <a>  y"));
        Assert.Equal("2[2,8]", Find(finder, "x <a><b> "));
        Assert.Equal("3[8,12]", Find(finder, "sword_a word."));
        Assert.Equal("none", Find(finder, "words \u00E9word word2 word\u0301"));
    }

    private static string Find(AddedTokenFinder finder, string text) =>
        finder.Next(text, 0, out var begin, out var end) is { } token ? $"{token.Id}[{begin},{end}]" : "none";

    private static TextTokenizer Create(string modelType, string tokenizerConfig)
    {
        using var config = JsonDocument.Parse("{}");
        return TokenizerFactory.Create(modelType, config.RootElement, new Dictionary<string, byte[]>
        {
            ["vocab.txt"] = Encoding.UTF8.GetBytes(Words),
            ["tokenizer_config.json"] = Encoding.UTF8.GetBytes(tokenizerConfig),
        }, "checkpoint");
    }
}
