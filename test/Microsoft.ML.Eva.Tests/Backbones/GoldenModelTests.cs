using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Bert;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Eva.Tests.Backbones;

[Trait("Category", "Fixtures")]
public sealed class GoldenModelTests
{
    public static TheoryData<string, string> BackboneCases() => Data(GoldenModel.Backbones());

    public static TheoryData<string, string> ClassifierCases() => Data(GoldenModel.Classifiers());

    [Theory]
    [MemberData(nameof(BackboneCases))]
    public void Forward_Backbone_GivesTheReferencesHiddenStates(string folder, string goldenFile)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var golden = Fixture.Tensors(goldenFile);
        using var batch = GoldenModel.BatchOf(golden);
        using var network = GoldenModel.Load(folder, HeadKind.Mean, 2);
        List<Tensor> states = [];

        var last = network.Backbone.Forward(batch, ForwardMode.Observing(state => states.Add(state.clone().MoveToOuterDisposeScope())));

        Assert.Equal(golden.Keys.Count(name => name.StartsWith("hidden_states.", StringComparison.Ordinal)), states.Count);
        for (var i = 0; i < states.Count; i++)
            GoldenModel.AssertOutput(golden[$"hidden_states.{i}"], states[i], $"{folder}: hidden state {i}", batch.Mask);
        GoldenModel.AssertOutput(golden["last_hidden_state"], last, $"{folder}: last hidden state", batch.Mask);
        golden.Dispose();
    }

    [Theory]
    [MemberData(nameof(ClassifierCases))]
    public void Forward_Classifier_GivesTheReferencesLogitsLossAndGradients(string folder, string goldenFile)
    {
        using var scope = NewDisposeScope();
        var golden = Fixture.Tensors(goldenFile);
        using var batch = GoldenModel.BatchOf(golden);
        using var network = GoldenModel.Load(folder, HeadKind.Auto, (int)golden["logits"].shape[1], takeOverHead: true);
        foreach (var weight in network.Weights)
            weight.MakeTrainable();

        var logits = network.Forward(batch, ForwardMode.Evaluation);
        var loss = functional.cross_entropy(logits, golden["labels"]);
        loss.backward();

        GoldenModel.AssertOutput(golden["logits"], logits, $"{folder}: logits");
        GoldenModel.AssertOutput(golden["loss"], loss, $"{folder}: loss");
        var weights = network.Weights.ToDictionary(weight => weight.Name);
        var gradients = golden.Where(entry => entry.Key.StartsWith("grad.", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(gradients);
        foreach (var (key, expected) in gradients)
        {
            var name = key["grad.".Length..];
            if (network.Checkpoint.Prefix.Length > 0 && name.StartsWith(network.Checkpoint.Prefix, StringComparison.Ordinal))
                name = name[network.Checkpoint.Prefix.Length..];
            Fixture.AssertClose(expected, weights[name].Value.grad!, 3e-5 * expected.abs().max().item<float>(), $"{folder}: gradient of {name}");
        }
        golden.Dispose();
    }

    [Theory]
    [MemberData(nameof(BackboneCases))]
    public void Pool_Bert_GivesTheReferencesPoolerOutput(string folder, string goldenFile)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        using var content = new DisposableContent(folder);
        if (content.Value.ModelType != "bert" || !content.Value.Tensors.ContainsKey("pooler.dense.weight"))
            return; // the pooler is part of BERT's classifier alone
        var golden = Fixture.Tensors(goldenFile);
        using var batch = GoldenModel.BatchOf(golden);
        using var network = GoldenModel.Load(folder, HeadKind.Pooler, 2);

        var pooled = ((BertPoolerHead)network.Head).Pool(network.Backbone.Forward(batch, ForwardMode.Evaluation));

        GoldenModel.AssertOutput(golden["pooler_output"], pooled, $"{folder}: pooler output");
        golden.Dispose();
    }

    [Theory]
    [InlineData("single.")]
    [InlineData("pair.")]
    public void Forward_FolderWithTokenizer_GivesTheReferencesLogits(string prefix)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        foreach (var item in Fixture.Cases("base_manifest.json", "text to logits"))
        {
            var golden = Fixture.Tensors(item.GetProperty("golden")[0].GetString()!);
            using var batch = GoldenModel.BatchOf(golden, prefix);
            using var network = GoldenModel.Load(item.GetProperty("folder").GetString()!, HeadKind.Auto, item.GetProperty("labels").GetInt32(), takeOverHead: true);

            GoldenModel.AssertOutput(golden[$"{prefix}logits"], network.Forward(batch, ForwardMode.Evaluation), $"{item}: logits");
            golden.Dispose();
        }
    }

    private static TheoryData<string, string> Data(IEnumerable<(string Folder, string Golden)> cases)
    {
        var data = new TheoryData<string, string>();
        foreach (var (folder, golden) in cases)
            data.Add(folder, golden);
        return data;
    }

    private sealed class DisposableContent(string folder) : IDisposable
    {
        public CheckpointContent Value { get; } = CheckpointFolder.Read(Fixture.PathTo(folder), CPU);

        public void Dispose() => Value.Release();
    }
}
