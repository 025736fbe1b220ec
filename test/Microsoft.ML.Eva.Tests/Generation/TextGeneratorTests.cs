using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data.Tokenization;
using Microsoft.ML.Eva.Generation;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Generation;

public sealed class TextGeneratorTests : IDisposable
{
    // Tokens 0 to 35 are letters and digits, 36 ends a text.
    private static readonly TokenDecoder Letters = new([.. "abcdefghijklmnopqrstuvwxyz0123456789".Select(letter => new[] { (byte)letter })], []);
    private static readonly int[][] Prompts = [[1, 2, 3], [9], [30, 31, 30, 31, 7], [5, 4], [22, 21, 20, 19, 18, 17, 16]];
    private readonly Network _network = LanguageModel.Load(Path.Combine(LanguageModel.OwnFolder, "model"));

    public static TheoryData<string> Ways => ["greedy", "sampling", "beams"];

    public void Dispose() => _network.Dispose();

    [Theory]
    [MemberData(nameof(Ways))]
    public void Stream_EveryPrompt_AddsUpToTheWholeText(string way)
    {
        var generator = Generator();
        var options = Options(way);
        options.StopSequences = ["bb", "2o"];

        var texts = generator.Write(Prompts, options, CancellationToken.None);

        Assert.Equal(texts, Prompts.Select(prompt => string.Concat(generator.Stream(prompt, options, CancellationToken.None))));
        Assert.Equal(texts, Prompts.Select(prompt => generator.Write([prompt], options, CancellationToken.None)[0]));
        Assert.All(texts, text => Assert.DoesNotContain("bb", text));
        Assert.Contains(texts, text => text.Length > 0);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Write_AStopSequence_EndsTheTextBeforeIt(string way)
    {
        var generator = Generator();
        var whole = generator.Write([Prompts[2]], Options(way), CancellationToken.None)[0];
        var options = Options(way);
        options.StopSequences = [whole[4..6]];

        var cut = generator.Write([Prompts[2]], options, CancellationToken.None)[0];

        if (way == "beams")
            Assert.DoesNotContain(whole[4..6], cut); // another beam may win now
        else
            Assert.Equal(whole[..whole.IndexOf(whole[4..6], StringComparison.Ordinal)], cut);
    }

    [Fact]
    public void Write_MoreRowsThanABatchHolds_KeepsTheirOrder()
    {
        var prompts = Enumerable.Range(0, 150).Select(i => Enumerable.Range(0, 1 + i % 6).Select(k => (i * 7 + k * 3) % 36).ToArray()).ToArray();
        var options = new GreedyOptions { MaxNewTokens = 6 };

        var texts = Generator().Write(prompts, options, CancellationToken.None);

        foreach (var i in new[] { 0, 1, 77, 149 })
            Assert.Equal(Generator().Write([prompts[i]], options, CancellationToken.None)[0], texts[i]);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Write_Cancelled_Ends(string way)
    {
        using var source = new CancellationTokenSource();
        source.Cancel();

        Assert.Throws<OperationCanceledException>(() => Generator().Write(Prompts, Options(way), source.Token));
    }

    [Fact]
    public void Stream_CancelledAfterAPiece_Ends()
    {
        using var source = new CancellationTokenSource();
        var pieces = 0;

        Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (var _ in Generator().Stream(Prompts[0], Options("greedy"), source.Token))
            {
                pieces++;
                source.Cancel();
            }
        });

        Assert.Equal(1, pieces);
    }

    [Fact]
    public async Task Write_ManyThreads_GiveTheSameTexts()
    {
        var generator = Generator();
        var expected = generator.Write(Prompts, Options("sampling"), CancellationToken.None);

        var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => generator.Write(Prompts, Options("sampling"), CancellationToken.None))));

        Assert.All(all, texts => Assert.Equal(expected, texts));
    }

    [Fact]
    public void Write_Closed_IsRefused()
    {
        var generator = Generator();
        var stream = generator.Stream(Prompts[0], Options("greedy"), CancellationToken.None).GetEnumerator();
        Assert.True(stream.MoveNext());
        generator.Close();

        Assert.Throws<ObjectDisposedException>(() => generator.Write(Prompts, Options("greedy"), CancellationToken.None));
        Assert.Throws<ObjectDisposedException>(() => stream.MoveNext());
    }

    // A model that is disposed must not wait for the rest of the search, and all other threads with it.
    [Fact]
    public void Close_WhileBeamsAreSearched_WaitsForOneStepOnly()
    {
        var generator = Generator();
        using var closing = new ClosingPrompt(generator, Prompts[2]);

        Assert.Throws<ObjectDisposedException>(() => generator.Write([Prompts[0], closing], Options("beams"), CancellationToken.None));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Write_EndTokenThatIsAWord_IsNotPartOfTheText(string way)
    {
        const int end = 14; // the letter o
        var generator = new TextGenerator(_network, Letters, new EndTokens([end]), CPU);
        var options = Options(way);

        var texts = generator.Write(Prompts, options, CancellationToken.None);

        Assert.Contains(texts, text => text.Length < options.MaxNewTokens);
        Assert.All(texts, text => Assert.DoesNotContain('o', text));
        Assert.Equal(texts, Prompts.Select(prompt => string.Concat(generator.Stream(prompt, options, CancellationToken.None))));
    }

    private TextGenerator Generator() => new(_network, Letters, new EndTokens([36]), CPU);

    private static DecodingOptions Options(string way) => way switch
    {
        "greedy" => new GreedyOptions { MaxNewTokens = 15, NoRepeatNgramSize = 2 },
        "sampling" => new SamplingOptions { MaxNewTokens = 15, Temperature = 1.2, TopP = 0.9 },
        _ => new BeamSearchOptions { MaxNewTokens = 15, NoRepeatNgramSize = 2 },
    };

    // Tokens that are read in every step. The third time, another thread begins to close the generator; from then on every step takes long.
    private sealed class ClosingPrompt(TextGenerator generator, int[] tokens) : IReadOnlyList<int>, IDisposable
    {
        private readonly Thread _thread = new(generator.Close);
        private int _reads;

        public int Count => tokens.Length;

        public int this[int index] => tokens[index];

        public IEnumerator<int> GetEnumerator()
        {
            if (++_reads == 3)
                _thread.Start();
            if (_reads >= 3)
                Thread.Sleep(50);
            return tokens.AsEnumerable().GetEnumerator();
        }

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();

        public void Dispose() => _thread.Join();
    }
}
