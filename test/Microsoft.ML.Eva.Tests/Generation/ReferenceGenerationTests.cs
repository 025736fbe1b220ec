using Microsoft.ML.Eva.Generation;
using Microsoft.ML.Eva.Tests.Backbones;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Eva.Tests.Generation;

/// <summary>The fixtures' greedy generation: left-padded prompts in one batch, tokens and log-probabilities.</summary>
[Trait("Category", "Fixtures")]
public sealed class ReferenceGenerationTests
{
    private const int NoToken = -1;

    public static TheoryData<string, string, string> Checkpoints() => LanguageModelTests.Checkpoints();

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void Write_ReferencePrompts_GivesTheReferencesTokens(string folder, string _, string generation)
    {
        using var scope = NewDisposeScope();
        var golden = Attached(scope, generation);
        using var network = LanguageModel.Load(Fixture.PathTo(folder));
        var prompts = Prompts(golden);
        var expected = Rows(golden["free.new_tokens"]);
        var options = new GreedyOptions { MaxNewTokens = expected[0].Length };

        foreach (var usesCache in new[] { true, false })
        {
            Assert.Equal(expected, LanguageModel.Write(network, prompts, options, new EndTokens([NoToken]), usesCache));
            Assert.Equal(expected, prompts.Select(prompt => LanguageModel.Write(network, [prompt], options, new EndTokens([NoToken]), usesCache)[0]));
        }
    }

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void Write_WithTheReferencesEndToken_EndsWhereItDoes(string folder, string _, string generation)
    {
        using var scope = NewDisposeScope();
        var golden = Attached(scope, generation);
        using var network = LanguageModel.Load(Fixture.PathTo(folder));
        var end = (int)golden["stopped.eos_token_id"].to(int64).flatten()[0].item<long>();
        var expected = Rows(golden["stopped.new_tokens"]).Select(row => row.TakeWhile(id => id != end).ToArray()).ToArray();
        Assert.Contains(expected, row => row.Length < golden["free.new_tokens"].shape[1]); // otherwise nothing would be shown

        var written = LanguageModel.Write(network, Prompts(golden), new GreedyOptions { MaxNewTokens = (int)golden["free.new_tokens"].shape[1] }, new EndTokens([end]));

        Assert.Equal(expected, written);
    }

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void Next_CachedSession_GivesTheReferencesLogProbabilities(string folder, string _, string generation)
    {
        using var scope = NewDisposeScope();
        var golden = Attached(scope, generation);
        using var network = LanguageModel.Load(Fixture.PathTo(folder));
        var tokens = Rows(golden["free.new_tokens"]);
        using var session = new CausalSession(network, CPU);

        for (var step = 0; step < tokens[0].Length; step++)
        {
            using var scores = step == 0 ? session.Start(Prompts(golden)) : session.Next([.. tokens.Select(row => row[step - 1])]);
            Fixture.AssertClose(golden["free.log_probs"].select(1, step), functional.log_softmax(scores, -1), 2e-5, $"{folder}: step {step}");
        }
    }

    private static Dictionary<string, Tensor> Attached(TorchSharp.DisposeScope scope, string file)
    {
        var golden = Fixture.Tensors(file);
        foreach (var tensor in golden.Values)
            scope.Attach(tensor);
        return golden;
    }

    // Without the padding on the left.
    private static int[][] Prompts(Dictionary<string, Tensor> golden)
    {
        var mask = Rows(golden["attention_mask"]);
        Assert.Contains(mask, row => row[0] == 0);
        return [.. Rows(golden["input_ids"]).Zip(mask, (ids, kept) => ids.Where((_, column) => kept[column] == 1).ToArray())];
    }

    private static int[][] Rows(Tensor matrix) =>
        [.. matrix.data<long>().Select(id => (int)id).Chunk((int)matrix.shape[1])];
}
