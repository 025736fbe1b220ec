using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Dinov2;
using Microsoft.ML.Eva.Backbones.Resnet;
using Microsoft.ML.Eva.Backbones.Vit;
using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Eva.Tests.Backbones;

/// <summary>Every vision network of fixtures/models against transformers: hidden states, pooled outputs, logits, loss, gradients.</summary>
[Trait("Category", "Fixtures")]
public class VisionModelTests
{
    private const double OutputTolerance = 1e-5;   // times max(1, largest golden value); fixtures/MODELS.md
    private const double GradientTolerance = 3e-5; // times the largest golden value

    public static TheoryData<string, string> EvaluationCases => VisionCase.Golden(file => !file.EndsWith("golden_train.safetensors", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(EvaluationCases))]
    public void Forward_BaseCheckpoint_EqualsReference(string folder, string goldenFile)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        using var model = VisionCase.Load(folder, "base");
        var golden = Fixture.Tensors(goldenFile);
        var hiddenStates = new List<Tensor>();
        using var batch = new Batch { Inputs = golden["pixel_values"] };
        var last = model.Backbone.Forward(batch, ForwardMode.Observing(x => hiddenStates.Add(x.clone().DetachFromDisposeScope())));

        Assert.Equal(golden.Keys.Count(name => name.StartsWith("hidden_states.", StringComparison.Ordinal)), hiddenStates.Count);
        for (var i = 0; i < hiddenStates.Count; i++)
            AssertOutput(golden, $"hidden_states.{i}", hiddenStates[i]);
        AssertOutput(golden, "last_hidden_state", last);
        if (model.Backbone is Resnet)
            AssertOutput(golden, "pooler_output", ResnetHead.Pool(last).unsqueeze(-1).unsqueeze(-1));
        else
            AssertTokens(golden, last, model.Backbone is Dinov2 dinov2 ? dinov2.PrefixTokens : Vit.PrefixTokens);
        hiddenStates.ForEach(state => state.Dispose());
        Dispose(golden);
    }

    [Theory]
    [MemberData(nameof(EvaluationCases))]
    public void Forward_Classifier_EqualsReferenceWithGradients(string folder, string goldenFile)
    {
        using var scope = NewDisposeScope();
        using var model = VisionCase.Load(folder, "classifier");
        var type = Fixture.Json(folder, "classifier", "config.json").GetProperty("model_type").GetString()!;
        var golden = Fixture.Tensors(goldenFile);
        foreach (var weight in model.Weights)
            weight.MakeTrainable();
        using var batch = new Batch { Inputs = golden["pixel_values"] };
        var logits = model.Head!.Forward(model.Backbone.Forward(batch, ForwardMode.Evaluation), batch, ForwardMode.Evaluation);
        var loss = functional.cross_entropy(logits, golden["labels"]);
        loss.backward();

        AssertOutput(golden, "logits", logits);
        AssertOutput(golden, "loss", loss);
        var weights = model.Weights.ToDictionary(weight => weight.Name);
        var gradients = golden.Keys.Where(name => name.StartsWith("grad.", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(gradients);
        foreach (var name in gradients)
        {
            var gradient = weights[VisionCase.Unprefixed(name["grad.".Length..], type)].Value.grad!;
            Fixture.AssertClose(golden[name], gradient, GradientTolerance * golden[name].abs().max().item<float>(), $"{goldenFile} {name}");
        }
        Dispose(golden);
    }

    [Fact]
    public void Forward_Training_LeavesBatchNormalizationAlone()
    {
        foreach (var item in VisionCase.All.Where(c => c.GetProperty("architecture").GetString() == "resnet"))
        {
            using var scope = NewDisposeScope();
            using var model = VisionCase.Load(item.GetProperty("folder").GetString()!, "base");
            var golden = Fixture.Tensors(item.GetProperty("golden")[0].GetString()!);
            using var batch = new Batch { Inputs = golden["pixel_values"] };
            using var generator = new Generator(1);
            AssertOutput(golden, "last_hidden_state", model.Backbone.Forward(batch, ForwardMode.Training(generator)));
            Dispose(golden);
        }
    }

    [Theory]
    [MemberData(nameof(EvaluationCases))]
    public void Forward_Repeated_LeavesNoTensors(string folder, string goldenFile)
    {
        using var model = VisionCase.Load(folder, "classifier");
        var golden = Fixture.Tensors(goldenFile);
        using var batch = new Batch { Inputs = golden["pixel_values"] };
        using var _ = no_grad();
        using (var scope = NewDisposeScope())
        {
            using var hidden = model.Backbone.Forward(batch, ForwardMode.Evaluation);
            using var logits = model.Head!.Forward(hidden, batch, ForwardMode.Evaluation);
            Assert.Equal(2, scope.DisposablesCount); // what was returned, and nothing else
        }
        Dispose(golden);
    }

    private static void AssertTokens(Dictionary<string, Tensor> golden, Tensor last, int prefixTokens)
    {
        AssertOutput(golden, "cls_output", last.select(1, 0));
        AssertOutput(golden, "patch_output", last.narrow(1, prefixTokens, last.shape[1] - prefixTokens));
    }

    private static void AssertOutput(Dictionary<string, Tensor> golden, string name, Tensor actual) =>
        Fixture.AssertClose(golden[name], actual, OutputTolerance * Math.Max(1, golden[name].abs().max().item<float>()), name);

    private static void Dispose(Dictionary<string, Tensor> tensors)
    {
        foreach (var tensor in tensors.Values)
            tensor.Dispose();
    }
}
