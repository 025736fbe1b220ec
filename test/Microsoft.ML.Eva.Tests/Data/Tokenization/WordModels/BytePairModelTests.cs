using System.Diagnostics;
using System.Text.Json;
using CsCheck;
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Eva.Tests.Data.Tokenization.WordModels;

[Trait("Category", "Fixtures")]
public class BytePairModelTests
{
    /// <summary>Where Microsoft.ML.Tokenizers' model is fast enough, both agree.</summary>
    [Fact]
    public void Encode_Words_AgreesWithMicrosoftMLTokenizers()
    {
        var files = TokenizerFixture.Files("tokenizers/gpt2");
        var vocabulary = JsonSerializer.Deserialize<Dictionary<string, int>>(files["vocab.json"])!;
        var theirs = BpeTokenizer.Create(new BpeOptions(vocabulary)
        {
            Merges = System.Text.Encoding.UTF8.GetString(files["merges.txt"]).Split('\n').Where(l => l.Length > 0 && l[0] != '#'),
        });
        var ours = TokenizerFixture.Create(files);
        Gen.Char["abcdefghilmnoprstuwy"].Array[1, 40].Select(c => new string(c)).Sample(
            word => ours.Encode(word, null, int.MaxValue).Ids.SequenceEqual(theirs.EncodeToIds(word, considerPreTokenization: false, considerNormalization: false)),
            iter: 3000, threads: 1);
    }

    [Fact]
    public void Encode_VeryLongWord_TakesNoQuadraticTime()
    {
        var tokenizer = TokenizerFixture.Create(TokenizerFixture.Files("tokenizers/gpt2"));
        var watch = Stopwatch.StartNew();
        tokenizer.Encode(new string('\u00E9', 200_000), null, 16); // quadratic: more than a minute
        tokenizer.Encode(string.Concat(Enumerable.Repeat("theinhe", 30_000)), null, 16);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"took {watch.Elapsed}");
    }
}
