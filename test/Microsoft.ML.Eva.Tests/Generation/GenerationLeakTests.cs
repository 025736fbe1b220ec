using Microsoft.ML.Eva.Data.Tokenization;
using Microsoft.ML.Eva.Generation;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Generation;

[Collection(nameof(TensorCounts))]
public sealed class GenerationLeakTests
{
    private static readonly int[][] Prompts = [[1, 2, 3], [9], [30, 31, 30, 31, 7]];

    public static TheoryData<string> Ways => ["greedy", "sampling", "beams"];

    [Theory]
    [MemberData(nameof(Ways))]
    public void Write_AHundredSteps_LeavesNoTensorBehind(string way)
    {
        using var network = LanguageModel.Load(Path.Combine(LanguageModel.OwnFolder, "model"));
        var ends = new EndTokens([14]);
        DecodingOptions options = way switch
        {
            "greedy" => new GreedyOptions { MaxNewTokens = 25, NoRepeatNgramSize = 3 },
            "sampling" => new SamplingOptions { MaxNewTokens = 25, TopK = 10, TopP = 0.9 },
            _ => new BeamSearchOptions { MaxNewTokens = 25, Beams = 3, NoRepeatNgramSize = 3 },
        };
        Run();
        var before = TensorCounts.Settled();

        for (var i = 0; i < 4; i++)
            Run();

        Assert.Equal(before, Tensor.TotalCount);

        void Run()
        {
            if (options is BeamSearchOptions search)
                LanguageModel.Search(network, Prompts, search, ends);
            else
                LanguageModel.Write(network, Prompts, options, ends);
        }
    }

    [Fact]
    public void Stream_LeftBeforeItsEnd_LeavesNoTensorBehind()
    {
        using var network = LanguageModel.Load(Path.Combine(LanguageModel.OwnFolder, "model"));
        var letters = new TokenDecoder([.. Enumerable.Range('A', 37).Select(value => new[] { (byte)value })], []);
        var generator = new TextGenerator(network, letters, new EndTokens([36]), CPU);
        var before = TensorCounts.Settled();

        foreach (var piece in generator.Stream([1, 2, 3], new GreedyOptions { MaxNewTokens = 20 }, CancellationToken.None))
            if (piece.Length > 0)
                break;

        Assert.Equal(before, Tensor.TotalCount);
    }
}
