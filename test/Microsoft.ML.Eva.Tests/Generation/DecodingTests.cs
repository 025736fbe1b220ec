using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Gpt2;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Generation;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Generation;

public sealed class DecodingTests : IDisposable
{
    private static readonly int[][] Prompts = [[1, 2, 3], [9], [30, 31, 30, 31, 7], [5, 4], [22, 21, 20, 19, 18, 17, 16]];
    private readonly Network _network = LanguageModel.Load(Path.Combine(LanguageModel.OwnFolder, "model"));
    private readonly EndTokens _ends = new([14]);

    public void Dispose() => _network.Dispose();

    [Fact]
    public void Draw_InABatchOrAlone_GivesTheSameTokens()
    {
        var options = new SamplingOptions { MaxNewTokens = 20, Temperature = 1.5, TopK = 20, TopP = 0.95, Seed = 7 };

        var together = LanguageModel.Write(_network, Prompts, options, _ends);

        Assert.Equal(together, Prompts.Select(prompt => LanguageModel.Write(_network, [prompt], options, _ends)[0]));
        Assert.Equal(together.Reverse(), LanguageModel.Write(_network, [.. Prompts.Reverse()], options, _ends));
        Assert.Equal(together, LanguageModel.Write(_network, Prompts, options, _ends, usesCache: false));
    }

    [Fact]
    public void Draw_AnotherSeed_GivesOtherTokens()
    {
        var seeds = Enumerable.Range(0, 5).Select(seed => LanguageModel.Write(_network, Prompts, new SamplingOptions { MaxNewTokens = 20, Temperature = 2, Seed = seed }, _ends)).ToList();

        Assert.Equal(5, seeds.Select(rows => string.Join(" ", rows.SelectMany(row => row))).Distinct().Count());
    }

    [Fact]
    public void Draw_TopKOfOne_IsGreedy()
    {
        var drawn = LanguageModel.Write(_network, Prompts, new SamplingOptions { MaxNewTokens = 12, Temperature = 5, TopK = 1 }, _ends);

        Assert.Equal(LanguageModel.Write(_network, Prompts, new GreedyOptions { MaxNewTokens = 12 }, _ends), drawn);
    }

    [Fact]
    public void Draw_ManyTimes_FollowsTheProbabilities()
    {
        using var scope = NewDisposeScope();
        const int count = 20_000;
        var row = tensor(new[] { 0f, 1f, 2f, -1f });
        var expected = row.softmax(0).data<float>().ToArray();
        var random = new Random(3);

        var drawn = TokenChoice.Draw(row.unsqueeze(0).expand(count, 4), new SamplingOptions(), [.. Enumerable.Repeat(random, count)]);

        for (var token = 0; token < 4; token++)
        {
            var share = drawn.Count(id => id == token) / (double)count;
            Assert.InRange(share, expected[token] - 4 * Math.Sqrt(expected[token] / count), expected[token] + 4 * Math.Sqrt(expected[token] / count));
        }
    }

    [Fact]
    public void Search_OneBeamThatStopsEarly_IsGreedy()
    {
        var found = LanguageModel.Search(_network, Prompts, new BeamSearchOptions { Beams = 1, MaxNewTokens = 12, StopsEarly = true }, _ends);

        var greedy = LanguageModel.Write(_network, Prompts, new GreedyOptions { MaxNewTokens = 12 }, _ends);
        Assert.Equal(greedy, found.Select(beam => beam.NewTokens.Where(id => !_ends.Contains(id)).ToArray()));
        Assert.Contains(found, beam => _ends.Contains(beam.NewTokens[^1]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Write_NoRepeatNgrams_NoneComesTwice(int size)
    {
        var options = new GreedyOptions { MaxNewTokens = 20, NoRepeatNgramSize = size };

        var written = LanguageModel.Write(_network, Prompts[..2], options, new EndTokens([-1]));

        foreach (var (prompt, tokens) in Prompts.Zip(written))
        {
            int[] all = [.. prompt, .. tokens];
            var ngrams = Enumerable.Range(0, all.Length - size + 1).Select(i => string.Join(" ", all[i..(i + size)])).ToList();
            Assert.Equal(ngrams.Count, ngrams.Distinct().Count());
        }
    }

    [Fact]
    public void Search_MoreBeamsThanTheVocabularyAllows_SaysHowMany()
    {
        var error = Assert.Throws<ArgumentException>(() => LanguageModel.Search(_network, Prompts, new BeamSearchOptions { Beams = 19 }, _ends));

        Assert.Contains("Beams is 19, but a vocabulary of 37 tokens allows at most 18", error.Message);
    }

    [Fact]
    public void Advance_EveryWayForbidden_StillHasAText()
    {
        var row = new BeamRow([1], new BeamSearchOptions { Beams = 2, MaxNewTokens = 2 });
        row.Advance([new BeamCandidate(0, 5, -1, false), new BeamCandidate(0, 6, -2, false)]);

        row.Advance([.. Enumerable.Range(0, 4).Select(token => new BeamCandidate(0, token, float.NegativeInfinity, true))]);

        Assert.True(row.IsDone);
        Assert.Equal([5, 0], row.Best.NewTokens);
    }

    [Fact]
    public void Next_MoreTokensThanPositions_SaysHowMany()
    {
        using var session = new CausalSession(_network, CPU);
        session.Start([[.. Enumerable.Range(0, 32)]]).Dispose();

        var error = Assert.Throws<ArgumentException>(() => session.Next([1]));

        Assert.Contains("33 tokens; this network takes at most 32", error.Message);
    }

    [Fact]
    public void Next_InBFloat16_IsNearTheScoresOf32Bits()
    {
        using var scope = NewDisposeScope();
        using var exact = new CausalSession(_network, CPU);
        using var rounded = new CausalSession(_network, CPU, precision: ComputePrecision.BFloat16);
        exact.Start(Prompts).Dispose();
        rounded.Start(Prompts).Dispose();

        var (expected, scores) = (exact.Next([1, 2, 3, 4, 5]), rounded.Next([1, 2, 3, 4, 5]));

        Assert.InRange(((scores - expected).norm() / expected.norm()).item<float>(), float.Epsilon, 0.03f);
    }

    [Fact]
    public void Select_RowsTwiceAndInAnotherOrder_GoesOnAsIfTheyHadBeenThere()
    {
        using var scope = NewDisposeScope();
        using var session = new CausalSession(_network, CPU);
        using var fresh = new CausalSession(_network, CPU);
        session.Start(Prompts).Dispose();
        session.Select([4, 0, 0]);

        var scores = session.Next([3, 5, 6]);

        Fixture.AssertClose(fresh.Start([[.. Prompts[4], 3], [.. Prompts[0], 5], [.. Prompts[0], 6]]), scores, 1e-5, "scores");
    }

    [Fact]
    public void Forward_SeveralTokensAfterACache_AreTheSameAsAllAtOnce()
    {
        using var scope = NewDisposeScope();
        using var gradient = no_grad();
        var backbone = (Gpt2Backbone)_network.Backbone;
        var ids = tensor(new long[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }, [2, 5]);
        using var cache = backbone.CreateCache();
        using var all = new Batch { Inputs = ids.alias().DetachFromDisposeScope() };
        using var first = new Batch { Inputs = ids.narrow(1, 0, 2).DetachFromDisposeScope() };
        using var rest = new Batch { Inputs = ids.narrow(1, 2, 3).DetachFromDisposeScope() };

        backbone.Forward(first, null, ForwardMode.Evaluation, cache);
        var hidden = backbone.Forward(rest, null, ForwardMode.Evaluation, cache);

        Fixture.AssertClose(backbone.Forward(all, ForwardMode.Evaluation).narrow(1, 2, 3), hidden, 1e-5, "hidden");
    }
}
