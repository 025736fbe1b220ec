using System.Text.Json;
using Microsoft.ML.Eva.Generation;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Generation;

/// <summary>Greedy and beam search with end tokens, length penalties, early stopping and no-repeat n-grams, token by token as transformers writes.</summary>
[Trait("Category", "Fixtures")]
public sealed class TransformersDecodingTests
{
    private static readonly JsonElement File = JsonDocument.Parse(System.IO.File.ReadAllText(Path.Combine(LanguageModel.OwnFolder, "cases.json"))).RootElement;
    private static readonly int[][] Prompts = [.. File.GetProperty("prompts").EnumerateArray().Select(Numbers)];

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, File.GetProperty("generation").GetArrayLength())];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Write_Case_GivesTheReferencesTokens(int number)
    {
        var item = File.GetProperty("generation")[number];
        using var network = LanguageModel.Load(Path.Combine(LanguageModel.OwnFolder, "model"));
        var ends = new EndTokens(Numbers(item.GetProperty("eos_token_ids")));
        var expected = item.GetProperty("new_tokens").EnumerateArray().Select(Numbers).ToArray();
        var options = Options(item);

        foreach (var usesCache in new[] { true, false })
        {
            if (options is BeamSearchOptions search)
            {
                AssertBeams(item, expected, LanguageModel.Search(network, Prompts, search, ends, usesCache));
                AssertBeams(item, expected, [.. Prompts.Select(prompt => LanguageModel.Search(network, [prompt], search, ends, usesCache)[0])]);
                continue;
            }
            var withoutEnds = expected.Select(row => row.Where(id => !ends.Contains(id)).ToArray()).ToArray();
            Assert.Equal(withoutEnds, LanguageModel.Write(network, Prompts, options, ends, usesCache));
            Assert.Equal(withoutEnds, Prompts.Select(prompt => LanguageModel.Write(network, [prompt], options, ends, usesCache)[0]));
        }
    }

    [Fact]
    public void Probabilities_EveryWarper_AreTheReferences()
    {
        using var scope = NewDisposeScope();
        var warpers = File.GetProperty("warpers");
        var scores = Matrix(warpers.GetProperty("logits")).to(float32);
        foreach (var item in warpers.GetProperty("cases").EnumerateArray())
        {
            var options = new SamplingOptions
            {
                Temperature = item.GetProperty("temperature").GetDouble(),
                TopK = item.GetProperty("top_k") is { ValueKind: JsonValueKind.Number } count ? count.GetInt32() : null,
                TopP = item.GetProperty("top_p").GetDouble(),
            };
            Fixture.AssertClose(Matrix(item.GetProperty("probabilities")), TokenChoice.Probabilities(scores, options), 1e-6, $"temperature {options.Temperature}, top-k {options.TopK}, top-p {options.TopP}");
        }
    }

    private static void AssertBeams(JsonElement item, int[][] expected, IReadOnlyList<Beam> found)
    {
        Assert.Equal(expected, found.Select(beam => beam.NewTokens.ToArray()));
        foreach (var (score, beam) in item.GetProperty("scores").EnumerateArray().Select(score => score.GetDouble()).Zip(found))
            Assert.True(Math.Abs(score - beam.Score) <= 2e-5 * Math.Max(1, Math.Abs(score)), $"score {beam.Score}, expected {score}");
    }

    private static DecodingOptions Options(JsonElement item)
    {
        var most = File.GetProperty("max_new_tokens").GetInt32();
        int? size = item.TryGetProperty("no_repeat_ngram_size", out var ngram) ? ngram.GetInt32() : null;
        return item.GetProperty("num_beams").GetInt32() is > 1 and var beams
            ? new BeamSearchOptions
            {
                MaxNewTokens = most,
                NoRepeatNgramSize = size,
                Beams = beams,
                LengthPenalty = item.TryGetProperty("length_penalty", out var penalty) ? penalty.GetDouble() : 1,
                StopsEarly = item.TryGetProperty("early_stopping", out var early) && early.GetBoolean(),
            }
            : new GreedyOptions { MaxNewTokens = most, NoRepeatNgramSize = size };
    }

    private static Tensor Matrix(JsonElement rows) =>
        stack([.. rows.EnumerateArray().Select(row => tensor(row.EnumerateArray().Select(value => value.GetDouble()).ToArray()))]);

    private static int[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(number => number.GetInt32())];
}
