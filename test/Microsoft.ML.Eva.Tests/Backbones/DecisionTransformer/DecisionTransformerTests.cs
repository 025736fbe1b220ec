using System.Text.Json.Nodes;
using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Persistence;
using Microsoft.ML.Eva.Training;
using Microsoft.ML.Eva.Training.Metrics;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Backbones.DecisionTransformer;

[Trait("Category", "Fixtures")]
public sealed class DecisionTransformerTests
{
    public static TheoryData<string> Names => [.. DecisionFixture.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Forward_Checkpoint_GivesTheReferencesActionsLossAndGradients(string name)
    {
        using var scope = NewDisposeScope();
        var golden = Fixture.Tensors(DecisionFixture.PathTo(name), "golden.safetensors");
        using var batch = DecisionFixture.BatchOf(golden);
        using var network = DecisionFixture.Load(name);
        foreach (var weight in network.Weights)
            weight.MakeTrainable();

        var hidden = network.Backbone.Forward(batch, ForwardMode.Evaluation);
        var actions = network.Forward(batch, ForwardMode.Evaluation);
        var loss = new ActionLoss().Compute(actions, batch);
        loss.backward();

        GoldenModel.AssertOutput(golden["last_hidden_state"], hidden, $"{name}: hidden state", batch.Mask);
        GoldenModel.AssertOutput(golden["action_preds"], actions, $"{name}: actions", golden["attention_mask"]);
        GoldenModel.AssertOutput(golden["loss"], loss, $"{name}: loss");
        var gradients = golden.Where(entry => entry.Key.StartsWith("grad.", StringComparison.Ordinal)).ToDictionary(entry => entry.Key["grad.".Length..], entry => entry.Value);
        Assert.Equal(gradients.Keys.Order(), network.Weights.Select(weight => weight.Name).Order());
        foreach (var weight in network.Weights)
            Fixture.AssertClose(gradients[weight.Name], weight.Value.grad!, 3e-5 * gradients[weight.Name].abs().max().item<float>(), $"{name}: gradient of {weight.Name}");
        golden.Dispose();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ActionError_OnTheReferencesActions_IsTheLoss(string name)
    {
        using var scope = NewDisposeScope();
        var golden = Fixture.Tensors(DecisionFixture.PathTo(name), "golden.safetensors");
        using var batch = DecisionFixture.BatchOf(golden);
        var metric = new ActionError();

        for (var row = 0; row < batch.RowCount; row++)
            metric.Add(golden["action_preds"].narrow(0, row, 1), batch.Labels!.narrow(0, row, 1));

        Assert.Equal(golden["loss"].item<float>(), metric.Value, 1e-6);
        golden.Dispose();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Forward_PaddingCutOff_GivesTheSameActions(string name)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var golden = Fixture.Tensors(DecisionFixture.PathTo(name), "golden.safetensors");
        using var batch = DecisionFixture.BatchOf(golden);
        using var network = DecisionFixture.Load(name);
        var padded = network.Forward(batch, ForwardMode.Evaluation);

        for (var row = 0; row < batch.RowCount; row++)
        {
            var length = golden["attention_mask"][row].sum().item<long>();
            var start = batch.Inputs.shape[1] - length;
            using var alone = new Batch { Inputs = batch.Inputs.narrow(0, row, 1).narrow(1, start, length).DetachFromDisposeScope() };
            GoldenModel.AssertOutput(network.Forward(alone, ForwardMode.Evaluation), padded.narrow(0, row, 1).narrow(1, start, length), $"{name}: row {row}");
        }
        golden.Dispose();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Forward_OwnAndLaterActionsChanged_GivesTheSameAction(string name)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var golden = Fixture.Tensors(DecisionFixture.PathTo(name), "golden.safetensors");
        using var batch = DecisionFixture.BatchOf(golden);
        using var network = DecisionFixture.Load(name);
        const int step = 3;
        var before = network.Forward(batch, ForwardMode.Evaluation).narrow(0, 0, 1); // the row without padding: a padded place has nothing to look at and sees all

        var actions = golden["actions"].shape[2];
        batch.Inputs.narrow(2, batch.Inputs.shape[2] - actions, actions).narrow(1, step, batch.Inputs.shape[1] - step).fill_(5);
        var after = network.Forward(batch, ForwardMode.Evaluation).narrow(0, 0, 1);

        Assert.True(before.narrow(1, 0, step + 1).equal(after.narrow(1, 0, step + 1)).all().item<bool>());
        Assert.False(before.narrow(1, step + 1, 1).equal(after.narrow(1, step + 1, 1)).all().item<bool>());
        golden.Dispose();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Forward_WithAnAdapterOfPeft_GivesItsActions(string name)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var golden = Fixture.Tensors(DecisionFixture.PathTo(name), "golden.safetensors");
        var adapted = Fixture.Tensors(DecisionFixture.PathTo(name), "adapter.safetensors");
        using var batch = DecisionFixture.BatchOf(golden);
        using var network = DecisionFixture.Load(name);

        AdapterFolder.Read(Path.Combine(DecisionFixture.PathTo(name), "adapter"), network);

        Assert.Equal(network.Backbone.AdaptableLayers.Count, network.Adapters.Count());
        GoldenModel.AssertOutput(adapted["action_preds"], network.Forward(batch, ForwardMode.Evaluation), $"{name}: actions with the adapter", golden["attention_mask"]);
        AdapterMerger.Merge(network);
        GoldenModel.AssertOutput(adapted["action_preds"], network.Forward(batch, ForwardMode.Evaluation), $"{name}: actions with the merged adapter", golden["attention_mask"]);
        golden.Dispose();
        adapted.Dispose();
    }

    [Fact]
    public void Forward_StatesOfAnotherSize_NamesBothSizes()
    {
        using var network = DecisionFixture.Load("bounded");
        using var batch = new Batch { Inputs = zeros(1, 2, 9) };

        var fault = Assert.Throws<ArgumentException>(() => network.Forward(batch, ForwardMode.Evaluation));

        Assert.Contains("[1, 2, 9]; this network takes [batch, steps, 10]: states of 5 numbers and actions of 3", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("add_cross_attention", "true", "is true, which is not supported")]
    [InlineData("scale_attn_weights", "false", "only scaled attention")]
    [InlineData("n_head", "3", "hidden_size is 16, which is no multiple of n_head, 3")]
    [InlineData("state_dim", "0", "'state_dim' is 0; it must be a whole number from 1")]
    [InlineData("act_dim", "4", "predict_action.0.weight is [3, 16], config.json asks for [4, 16]")]
    [InlineData("model_type", "\"gpt2\"", "'gpt2', but must be 'decision_transformer' for a network that chooses actions")]
    public void CreatePolicy_BrokenConfig_NamesTheFault(string key, string value, string message)
    {
        using var folder = new BrokenFolder(key, value);
        var content = CheckpointFolder.Read(folder.Path, CPU);

        var fault = Assert.Throws<InvalidDataException>(() => NetworkFactory.CreatePolicy(content));
        content.Release();

        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HeadKind.Auto)]
    [InlineData(HeadKind.Mean)]
    [InlineData(HeadKind.Cls)]
    public void Create_ClassifierOfAPolicy_SaysWhatItIs(HeadKind head)
    {
        var fault = Assert.Throws<InvalidDataException>(() => GoldenModel.Load(DecisionFixture.PathTo("bounded"), head, 2));

        Assert.Contains("a policy that chooses actions; it classifies nothing", fault.Message, StringComparison.Ordinal);
    }

    private sealed class BrokenFolder : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("eva-decision-");

        public BrokenFolder(string key, string value)
        {
            var config = JsonNode.Parse(File.ReadAllText(System.IO.Path.Combine(DecisionFixture.PathTo("bounded"), "config.json")))!;
            config[key] = JsonNode.Parse(value);
            File.WriteAllText(System.IO.Path.Combine(Path, "config.json"), config.ToJsonString());
            File.Copy(System.IO.Path.Combine(DecisionFixture.PathTo("bounded"), "model.safetensors"), System.IO.Path.Combine(Path, "model.safetensors"));
        }

        public string Path => _folder.FullName;

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
