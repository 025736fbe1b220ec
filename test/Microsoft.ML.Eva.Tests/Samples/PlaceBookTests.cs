using System.Text;
using System.Text.Json;
using Microsoft.ML.Eva.Data.Tokenization;
using TextGeneration.Pretraining;
using TextGeneration.Reading;

namespace Microsoft.ML.Eva.Tests.Samples;

public sealed class PlaceBookTests
{
    [Fact]
    public void Write_SameSeed_GivesTheSameRowsWithoutTestMeaningsInTraining()
    {
        var (train, test) = PlaceBook.Write(seed: 3);
        var again = PlaceBook.Write(seed: 3);

        Assert.Equal(train.Select(row => (row.Meaning, row.Sentence)), again.Train.Select(row => (row.Meaning, row.Sentence)));
        Assert.Equal((720, 180), (train.Count, test.Count));
        Assert.Empty(train.Select(row => row.Meaning).Intersect(test.Select(row => row.Meaning)));
        Assert.All(train.Concat(test), row => Assert.DoesNotContain('{', row.Sentence));
        Assert.All(train.Concat(test), row => Assert.Contains(row.Meaning[5..row.Meaning.IndexOf(']')], row.Sentence));
    }

    [Fact]
    public void BytePairTrainer_LearnedVocabulary_IsReadByTheLibrary()
    {
        string[] texts = ["the café by the river", "the cat and the café", "their café"];
        var trainer = new BytePairTrainer(texts, 20);
        var files = new Dictionary<string, byte[]>
        {
            ["vocab.json"] = JsonSerializer.SerializeToUtf8Bytes(trainer.Tokens.Select((token, id) => (token, id)).ToDictionary(entry => entry.token, entry => entry.id)),
            ["merges.txt"] = Encoding.UTF8.GetBytes(trainer.Merges),
        };
        var tokenizer = TokenizerFactory.Create("gpt2", JsonSerializer.SerializeToElement(new { model_type = "gpt2", vocab_size = trainer.Tokens.Count }), files, "learned");

        foreach (var text in texts)
        {
            var ids = tokenizer.Encode(text, null, int.MaxValue).Ids;
            Assert.True(ids.Length < 0.7 * Encoding.UTF8.GetByteCount(text), $"{text}: {ids.Length} tokens");
            Assert.Equal(text, tokenizer.CreateDecoder()!.Decode(ids));
        }
        Assert.Equal(trainer.Merges, new BytePairTrainer(texts, 20).Merges);
    }
}
