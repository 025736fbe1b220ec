using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Gpt2;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Onnx;
using Microsoft.ML.Eva.Tests.Backbones;
using Microsoft.ML.Eva.Tests.Generation;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Eva.Tests.Onnx;

/// <summary>Graphs of language models, with and without a cache, give in ONNX Runtime what the reference and our own network give.</summary>
[Trait("Category", "Fixtures")]
public sealed class LanguageModelGraphTests
{
    private const double Tolerance = 1e-4;

    public static TheoryData<string, string, string> Checkpoints() => LanguageModelTests.Checkpoints();

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void Run_ReferencesTexts_GivesTheReferencesScores(string folder, string lm, string _)
    {
        using var scope = NewDisposeScope();
        var golden = Fixture.Tensors(lm);
        using var batch = GoldenModel.BatchOf(golden);
        using var network = LanguageModel.Load(Fixture.PathTo(folder));
        using var plain = GraphRunner.Of(network, withCache: false);
        using var cached = GraphRunner.Of(network, withCache: true);
        var mask = batch.Mask ?? ones_like(batch.Inputs);
        var kept = mask.unsqueeze(2);

        Fixture.AssertClose(golden["logits"] * kept, plain.Scores(batch.Inputs, mask) * kept, Tolerance, $"{folder}: scores");
        Fixture.AssertClose(golden["logits"] * kept, cached.Scores(batch.Inputs, mask) * kept, Tolerance, $"{folder}: scores with an empty cache");
        golden.Dispose();
    }

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void Write_ReferencePrompts_GivesTheReferencesTokensAndProbabilities(string folder, string _, string generation)
    {
        using var scope = NewDisposeScope();
        var golden = Fixture.Tensors(generation);
        using var network = LanguageModel.Load(Fixture.PathTo(folder));
        Assert.Equal(0, golden["attention_mask"].min().item<long>()); // otherwise nothing would be padded, on the left
        foreach (var withCache in new[] { false, true })
        {
            using var runner = GraphRunner.Of(network, withCache);
            var (ids, mask) = (golden["input_ids"], golden["attention_mask"]);
            for (var step = 0; step < golden["free.new_tokens"].shape[1]; step++)
            {
                var scores = runner.Scores(ids, mask);
                var last = scores.select(1, -1);
                Fixture.AssertClose(golden["free.log_probs"].select(1, step), functional.log_softmax(last, -1), Tolerance, $"{folder}, cache {withCache}: step {step}");
                var chosen = last.argmax(-1, keepdim: true);
                Assert.Equal(golden["free.new_tokens"].narrow(1, step, 1).data<long>(), chosen.data<long>());
                ids = withCache ? chosen : cat([ids, chosen], 1);
                mask = cat([mask, ones_like(chosen)], 1);
            }
        }
        golden.Dispose();
    }

    // The cache in one piece, in several, and not at all; every size from one graph.
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 7, 2)]
    [InlineData(2, 12, 11)]
    [InlineData(4, 32, 5)]
    public void Run_RowsPaddedOnTheLeft_GivesOurScores(int rows, int tokens, int first)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var random = new Generator(3);
        using var network = LanguageModel.Load(Path.Combine(LanguageModel.OwnFolder, "model"));
        using var plain = GraphRunner.Of(network, withCache: false);
        using var cached = GraphRunner.Of(network, withCache: true);
        var ids = randint(0, 36, [rows, tokens], dtype: ScalarType.Int64, generator: random);
        var mask = ones(rows, tokens, ScalarType.Int64);
        for (var row = 1; row < rows; row++)
            mask.index_put_(0, TensorIndex.Single(row), TensorIndex.Slice(0, Math.Min(row, tokens - 1)));
        var kept = mask.unsqueeze(2);
        using var batch = new Batch { Inputs = ids.alias().DetachFromDisposeScope(), Mask = mask.alias().DetachFromDisposeScope() };
        using var hidden = ((Gpt2Backbone)network.Backbone).Forward(batch, Gpt2Backbone.PositionsOf(mask), ForwardMode.Evaluation);
        var expected = network.Head.Forward(hidden, batch, ForwardMode.Evaluation) * kept;

        Fixture.AssertClose(expected, plain.Scores(ids, mask) * kept, Tolerance, "without a cache");
        var pieces = cat([.. Pieces(cached, ids, mask, first)], 1);
        Fixture.AssertClose(expected, pieces * kept, Tolerance, "piece by piece");
    }

    [Fact]
    public void Create_InputsAndOutputs_HaveTheNamesOfHuggingFacesExporter()
    {
        using var scope = NewDisposeScope();
        using var network = LanguageModel.Load(Path.Combine(LanguageModel.OwnFolder, "model"));
        var config = Gpt2Config.Read(new ConfigReader(network.Checkpoint.Config, ""));

        var plain = LanguageModelGraph.Create(network, withCache: false);
        var cached = LanguageModelGraph.Create(network, withCache: true);

        var parts = Enumerable.Range(0, config.LayerCount).SelectMany(i => new[] { $"{i}.key", $"{i}.value" }).ToList();
        Assert.Equal(["input_ids", "attention_mask"], plain.Inputs.Select(input => input.Name));
        Assert.Equal(["logits"], plain.Outputs.Select(output => output.Name));
        Assert.Equal(["input_ids", "attention_mask", "position_ids", .. parts.Select(part => $"past_key_values.{part}")], cached.Inputs.Select(input => input.Name));
        Assert.Equal(["logits", .. parts.Select(part => $"present.{part}")], cached.Outputs.Select(output => output.Name));
        var shapes = InferenceDescription.Describe(cached.Inputs).Concat(InferenceDescription.Describe(cached.Outputs)).ToDictionary();
        Assert.Equal(["batch_size", "past_sequence_length + sequence_length"], shapes["attention_mask"].Shape);
        Assert.Equal(["batch_size", (long)config.HeadCount, "past_sequence_length", (long)config.HiddenSize / config.HeadCount], shapes["past_key_values.0.key"].Shape);
        Assert.Equal(["batch_size", (long)config.HeadCount, "past_sequence_length + sequence_length", (long)config.HiddenSize / config.HeadCount], shapes["present.1.value"].Shape);
        Assert.Equal(["batch_size", "sequence_length", (long)config.VocabularySize], shapes["logits"].Shape);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Create_TableOfWords_IsInTheFileOnce(bool withCache)
    {
        using var scope = NewDisposeScope();
        using var network = LanguageModel.Load(Path.Combine(LanguageModel.OwnFolder, "model"));

        var graph = LanguageModelGraph.Create(network, withCache);

        Assert.Equal(network.Weights.Select(weight => weight.Name).Order(StringComparer.Ordinal), graph.Weights.Select(weight => weight.Name).Order(StringComparer.Ordinal));
        Assert.Equal(network.Weights.Sum(weight => 4 * weight.Value.numel()), graph.Weights.Sum(weight => weight.Length));
    }

    [Fact]
    public void Create_AdaptersInTheirSeats_IsRefused()
    {
        using var scope = NewDisposeScope();
        using var random = new Generator(1);
        using var network = LanguageModel.Load(Path.Combine(LanguageModel.OwnFolder, "model"));
        var options = new LoraOptions { Rank = 2, Initialization = new RandomOptions() };
        AdapterInjector.Seat(network, AdapterPlan.Create(options, network.Backbone.AdaptableLayers), options, null, random);

        var message = Assert.Throws<InvalidOperationException>(() => LanguageModelGraph.Create(network, withCache: true)).Message;

        Assert.Contains("adapters that are not merged", message);
    }

    private static IEnumerable<Tensor> Pieces(GraphRunner runner, Tensor ids, Tensor mask, int first)
    {
        var tokens = (int)ids.shape[1];
        for (var (start, end) = (0, first); start < tokens; (start, end) = (end, Math.Min(tokens, end + 3)))
            yield return runner.Scores(ids.narrow(1, start, end - start), mask.narrow(1, 0, end));
    }
}
