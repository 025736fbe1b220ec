using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using Microsoft.ML.Eva.Data.Tokenization;
using Microsoft.ML.Eva.Data.Tokenization.WordSplitters;

namespace Microsoft.ML.Eva.Tests.Data.Tokenization;

[Trait("Category", "Fixtures")]
public partial class TokenizerPropertyTests
{
    private static readonly string[] Snippets =
        ["[SEP]", "</s>", " <mask> ", "[MASK]", "<|endoftext|>", "  ", "it's", "a", "\u1100\u1161", "\ud83d", "\r\n"];

    private static readonly Gen<char> AnyCharacter = Gen.OneOf(
        Gen.Char[' ', '~'], Gen.Char['\0', '\u02FF'], Gen.Char['\uD800', '\uDFFF'], Gen.Char, Gen.Char[" \t\n\r'▁\u0301\u00A0\u3000İßΣ中"]);

    private static readonly Gen<string> AnyText = Gen.OneOf(
        AnyCharacter.Array[0, 60].Select(c => new string(c)),
        Gen.Int[0, Snippets.Length - 1].Array[0, 8].Select(i => string.Concat(i.Select(n => Snippets[n]))));

    public static TheoryData<string> Folders => [.. TokenizerFixture.Folders];

    [Theory]
    [MemberData(nameof(Folders))]
    public void Encode_AnyText_KeepsItsPromises(string folder)
    {
        var tokenizer = TokenizerFixture.Create(TokenizerFixture.Files(folder));
        Gen.Select(AnyText, AnyText, Gen.Int[4, 40]).Sample((text, pair, maxTokens) =>
        {
            foreach (var row in (ReadOnlySpan<EncodedText>)[tokenizer.Encode(text, null, maxTokens), tokenizer.Encode(text, pair, maxTokens)])
            {
                if (row.Ids.Length > maxTokens || row.SecondStart < 0 || row.SecondStart > row.Ids.Length)
                    return false;
                if (row.Ids.Any(id => id < 0 || id >= tokenizer.VocabularySize))
                    return false;
            }
            var whole = tokenizer.Encode(text, null, int.MaxValue);
            return whole.Ids.SequenceEqual(tokenizer.Encode(text, null, whole.Ids.Length).Ids);
        }, iter: 500, threads: 1);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Encode_OnManyThreads_GivesTheSameIds(string folder)
    {
        var files = TokenizerFixture.Files(folder);
        var texts = Fixture.Json(folder, "cases.json").GetProperty("cases").EnumerateArray().Select(c => c.GetProperty("text").GetString()!).ToArray();
        var alone = TokenizerFixture.Create(files);
        var expected = texts.Select(t => string.Join(" ", alone.Encode(t, null, 128).Ids)).ToArray();
        var shared = TokenizerFixture.Create(files);
        Parallel.For(0, 8, _ => Assert.Equal(expected, texts.Select(t => string.Join(" ", shared.Encode(t, null, 128).Ids))));
    }

    [Fact]
    public void ByteLevelSplitter_AnyText_SplitsAsThePattern() => AnyText.Sample(text =>
    {
        text = UnicodeClass.WithoutLoneSurrogates(text);
        // .NET's pattern classes see UTF-16 units, so characters beyond are left to the fixtures.
        return text.Any(char.IsSurrogate) || Words(new ByteLevelSplitter(addsSpace: false, splits: true), text).SequenceEqual(Gpt2().Matches(text).Select(m => m.Value));
    }, iter: 5000, threads: 1);

    [Fact]
    public void LongestFirst_AnyLengths_FillsTheRoomAndKeepsBoth() => Gen.Select(Gen.Int[0, 50], Gen.Int[0, 50], Gen.Int[0, 60]).Sample((first, second, room) =>
    {
        var (keptFirst, keptSecond) = LongestFirst.Cut(first, second, room);
        return keptFirst >= 0 && keptFirst <= first && keptSecond >= 0 && keptSecond <= second
            && keptFirst + keptSecond == Math.Min(room, first + second)
            && (room < 2 || (keptFirst > 0 || first == 0) && (keptSecond > 0 || second == 0));
    }, iter: 5000, threads: 1);

    [Fact]
    public void WithoutLoneSurrogates_AnyText_IsValidAndOtherwiseEqual() => AnyText.Sample(text =>
        UnicodeClass.WithoutLoneSurrogates(text) == Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)), iter: 5000, threads: 1);

    private static List<string> Words(WordSplitter splitter, string text)
    {
        var words = new List<string>();
        for (var position = 0; splitter.Next(text, ref position, out var start);)
            words.Add(text[start..position]);
        return words;
    }

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    private static partial Regex Gpt2();
}
