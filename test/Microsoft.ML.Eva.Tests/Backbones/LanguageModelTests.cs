using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Gpt2;
using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Eva.Tests.Backbones;

[Trait("Category", "Fixtures")]
public sealed class LanguageModelTests
{
    public static TheoryData<string, string, string> Checkpoints()
    {
        var data = new TheoryData<string, string, string>();
        foreach (var item in Fixture.Cases("base_manifest.json", "model", "model variant"))
        {
            var golden = item.GetProperty("golden").EnumerateArray().Select(path => path.GetString()!).ToList();
            if (golden.FirstOrDefault(path => Path.GetFileName(path) == "lm.safetensors") is not { } lm)
                continue;
            var generation = golden.First(path => Path.GetFileName(path) == "generation.safetensors");
            var folder = item.GetProperty("folder").GetString()!;
            data.Add(Directory.Exists(Fixture.PathTo(folder, "lm")) ? $"{folder}/lm" : folder, lm, generation);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void Forward_LanguageModel_GivesTheReferencesScoresAndLoss(string folder, string lm, string _)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var golden = Fixture.Tensors(lm);
        using var batch = GoldenModel.BatchOf(golden);
        using var network = Load(folder);

        var scores = network.Forward(batch, ForwardMode.Evaluation);

        GoldenModel.AssertOutput(golden["logits"], scores, $"{folder}: scores", batch.Mask);
        var vocabulary = scores.shape[2];
        var loss = functional.cross_entropy(
            scores.narrow(1, 0, scores.shape[1] - 1).reshape(-1, vocabulary), golden["labels"].narrow(1, 1, scores.shape[1] - 1).flatten(), ignore_index: -100);
        GoldenModel.AssertOutput(golden["loss"], loss, $"{folder}: loss");
        golden.Dispose();
    }

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void Forward_LeftPaddedWithPositions_WritesTheReferencesTokens(string folder, string _, string generation)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var golden = Fixture.Tensors(generation);
        using var network = Load(folder);
        var backbone = (Gpt2Backbone)network.Backbone;
        var (ids, mask) = (golden["input_ids"], golden["attention_mask"]);
        var steps = golden["free.new_tokens"].shape[1];

        for (var step = 0; step < steps; step++)
        {
            using var batch = new Batch { Inputs = ids.alias().DetachFromDisposeScope(), Mask = mask.alias().DetachFromDisposeScope() };
            using var hidden = backbone.Forward(batch, Gpt2Backbone.PositionsOf(mask), ForwardMode.Evaluation);
            var scores = network.Head.Forward(hidden.narrow(1, hidden.shape[1] - 1, 1), batch, ForwardMode.Evaluation).squeeze(1);
            Fixture.AssertClose(golden["free.log_probs"].select(1, step), functional.log_softmax(scores, -1), 2e-5, $"{folder}: step {step}");
            ids = cat([ids, scores.argmax(-1, keepdim: true)], 1);
            mask = cat([mask, ones_like(mask.narrow(1, 0, 1))], 1);
        }

        Assert.True(golden["free.sequences"].equal(ids).all().item<bool>(), $"{folder}: other tokens");
        golden.Dispose();
    }

    private static Network Load(string folder)
    {
        var content = CheckpointFolder.Read(Fixture.PathTo(folder), CPU);
        try
        {
            return NetworkFactory.CreateLanguageModel(content);
        }
        finally
        {
            content.Release();
        }
    }
}
