using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using static Microsoft.ML.Eva.Tests.Adapters.TestLayers;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Adapters;

public class DoraAdapterTests
{
    [Fact]
    public void Forward_RowOfZeros_IsFiniteAndLearns()
    {
        using var scope = NewDisposeScope();
        using var generator = NewGenerator(1);
        var layer = Linear(generator, 6, 4);
        layer.Weight.Value[1].zero_();
        using var adapter = new DoraAdapter(layer, 1, new RandomInitializer().Initialize(layer, 2, 1, generator));
        var x = Random(generator, 5, 6);
        var output = adapter.Forward(x, ForwardMode.Evaluation);
        Fixture.AssertClose(layer.Base(x, ForwardMode.Evaluation), output, 1e-5, "before training");
        output.square().sum().backward();
        Assert.All(adapter.Weights, weight => Assert.True(weight.Value.grad!.isfinite().all().item<bool>()));
        Assert.True(adapter.B.Value.grad![1].abs().sum().item<float>() > 0);
        Fixture.AssertClose(layer.Weight.Value, adapter.Merge().Weight, 1e-6, "merged");
    }

    [Fact]
    public void Forward_Trained_EqualsFormula()
    {
        using var scope = NewDisposeScope();
        using var generator = NewGenerator(2);
        var layer = Linear(generator, 6, 4);
        var (a, b, m) = (Random(generator, 2, 6), Random(generator, 4, 2), Random(generator, 4));
        using var adapter = new DoraAdapter(layer, 0.5, new LowRankStart(a, b), magnitude: m);
        var x = Random(generator, 5, 6);
        var updated = layer.Weight.Value + 0.5 * b.detach().mm(a.detach());
        var expected = x.mm((updated * (m / updated.square().sum([1L]).sqrt()).unsqueeze(1)).t()) + layer.Bias!.Value;
        Fixture.AssertClose(expected.detach(), adapter.Forward(x, ForwardMode.Evaluation), 1e-5, "DoRA");
    }
}
