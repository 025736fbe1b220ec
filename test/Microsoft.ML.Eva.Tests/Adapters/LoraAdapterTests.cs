using CsCheck;
using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using static Microsoft.ML.Eva.Tests.Adapters.TestLayers;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Adapters;

public class LoraAdapterTests
{
    [Fact]
    public void Forward_RandomShapes_EqualsFormula() => Gen.Select(Gen.Long[1, 9], Gen.Long[1, 9], Gen.Long[1, 5], Gen.Bool, Gen.Bool, Gen.ULong).Sample((inFeatures, outFeatures, rank, isTransposed, hasBias, seed) =>
    {
        using var scope = NewDisposeScope();
        using var generator = NewGenerator(seed);
        var layer = Linear(generator, inFeatures, outFeatures, isTransposed, hasBias);
        var (a, b) = (Random(generator, rank, inFeatures), Random(generator, outFeatures, rank));
        using var adapter = new LoraAdapter(layer, 0.75, new LowRankStart(a, b));
        var x = Random(generator, 2, 3, inFeatures);
        var w = isTransposed ? layer.Weight.Value.t() : layer.Weight.Value;
        var expected = x.matmul((w + 0.75 * b.mm(a)).t());
        if (hasBias)
            expected += layer.Bias!.Value;
        Fixture.AssertClose(expected.detach(), adapter.Forward(x, ForwardMode.Evaluation), 1e-4, "LoRA on [2, 3, in]");
        Fixture.AssertClose(expected.detach()[0], adapter.Forward(x[0], ForwardMode.Evaluation), 1e-4, "LoRA on [3, in]");
    }, iter: 30);

    [Fact]
    public void Merge_RandomShapes_LayerAloneGivesAdaptedOutput() => Gen.Select(Gen.Long[1, 9], Gen.Long[1, 9], Gen.Long[1, 5], Gen.Bool, Gen.ULong).Sample((inFeatures, outFeatures, rank, isTransposed, seed) =>
    {
        using var scope = NewDisposeScope();
        using var generator = NewGenerator(seed);
        var layer = Linear(generator, inFeatures, outFeatures, isTransposed);
        using var network = Network(layer);
        layer.Adapter = new LoraAdapter(layer, 2, new LowRankStart(Random(generator, rank, inFeatures), Random(generator, outFeatures, rank)));
        var x = Random(generator, 4, inFeatures);
        var adapted = layer.Forward(x, ForwardMode.Evaluation).detach();
        AdapterMerger.Merge(network);
        Assert.Null(layer.Adapter);
        Assert.False(layer.Weight.IsTrainable);
        Fixture.AssertClose(adapted, layer.Forward(x, ForwardMode.Evaluation), 1e-4, "merged");
    }, iter: 30);

    [Fact]
    public void Forward_BIsZero_BitEqualToBase()
    {
        using var scope = NewDisposeScope();
        using var generator = NewGenerator(5);
        var layer = Linear(generator, 24, 32);
        using var adapter = new LoraAdapter(layer, 1, new RandomInitializer().Initialize(layer, 4, 1, generator));
        var x = Random(generator, 3, 5, 24);
        Assert.True(layer.Base(x, ForwardMode.Evaluation).equal(adapter.Forward(x, ForwardMode.Evaluation).detach()).all().item<bool>());
    }

    [Fact]
    public void Backward_OfOutput_ReachesFactorsOnly()
    {
        using var scope = NewDisposeScope();
        using var generator = NewGenerator(6);
        var layer = Linear(generator, 6, 4);
        using var adapter = new LoraAdapter(layer, 1, new LowRankStart(Random(generator, 2, 6), Random(generator, 4, 2)));
        var x = Random(generator, 3, 5, 6);
        adapter.Forward(x, ForwardMode.Evaluation).sum().backward();
        var summed = x.sum([0L, 1L]);
        Fixture.AssertClose(adapter.Weights[1].Value.sum(0L).detach().outer(summed), adapter.Weights[0].Value.grad!, 1e-4, "gradient of A");
        Assert.Null(layer.Weight.Value.grad);
    }
}
