using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Layers;
using static Microsoft.ML.Eva.Tests.Adapters.TestLayers;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Adapters;

[Collection(nameof(TensorCounts))]
public class LowRankLinearTests
{
    // What autograd makes of the formula is the reference.
    private const int Rows = 40;

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Backward_ManyRows_EqualsAutogradOfFormula(bool isDora, bool trainsBias)
    {
        using var scope = NewDisposeScope();
        using var generator = NewGenerator(3);
        var layer = Linear(generator, 6, 4);
        layer.Bias!.Value.requires_grad_(trainsBias);
        using var adapter = CreateAdapter(layer, generator, isDora);
        var (x, weights) = (Random(generator, Rows, 6).requires_grad_(true), Random(generator, Rows, 4));
        var output = adapter.Forward(x, ForwardMode.Evaluation);
        (output * weights).sum().backward();
        adapter.EndBackward();

        var (a, b, bias, x2) = (Leaf(adapter.A.Value), Leaf(adapter.B.Value), Leaf(layer.Bias.Value), Leaf(x));
        var updated = layer.Weight.Value + adapter.Scaling * b.mm(a);
        var magnitude = isDora ? Leaf(adapter.Weights[2].Value) : null;
        var expected = magnitude is null ? x2.mm(updated.t()) + bias : x2.mm(updated.t()) * (magnitude / updated.detach().norm(1, false, 2)) + bias;
        (expected * weights).sum().backward();

        Fixture.AssertClose(expected.detach(), output.detach(), 1e-5, "output");
        Fixture.AssertClose(x2.grad!, x.grad!, 1e-5, "x");
        Fixture.AssertClose(a.grad!, adapter.A.Value.grad!, 1e-5, "A");
        Fixture.AssertClose(b.grad!, adapter.B.Value.grad!, 1e-5, "B");
        if (magnitude is not null)
            Fixture.AssertClose(magnitude.grad!, adapter.Weights[2].Value.grad!, 1e-5, "magnitude");
        if (trainsBias)
            Fixture.AssertClose(bias.grad!, layer.Bias.Value.grad!, 1e-5, "bias");
        else
            Assert.Null(layer.Bias.Value.grad);
    }

    [Fact]
    public void Forward_FewRows_EqualsForwardOfManyRows()
    {
        using var scope = NewDisposeScope();
        using var generator = NewGenerator(4);
        var layer = Linear(generator, 60, 40);
        using var adapter = CreateAdapter(layer, generator, isDora: false);
        var x = Random(generator, 48, 60);
        var whole = adapter.Forward(x, ForwardMode.Evaluation);
        Fixture.AssertClose(whole.narrow(0, 0, 8).detach(), adapter.Forward(x.narrow(0, 0, 8), ForwardMode.Evaluation).detach(), 1e-5, "few rows");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Backward_InBFloat16_IsNearThatOf32Bits(bool isDora)
    {
        using var scope = NewDisposeScope();
        using var generator = NewGenerator(8);
        var layer = Linear(generator, 48, 32);
        using var adapter = CreateAdapter(layer, generator, isDora);
        var x = Random(generator, Rows, 48).requires_grad_(true);
        var weights = Random(generator, Rows, 32);
        using var dropout = NewGenerator(9);

        List<Tensor> Gradients(ComputePrecision precision)
        {
            foreach (var leaf in adapter.Weights.Select(weight => weight.Value).Append(x))
                leaf.grad = null;
            var output = adapter.Forward(x, ForwardMode.Training(dropout, precision));
            (output * weights).sum().backward();
            adapter.EndBackward();
            return [output.detach(), .. adapter.Weights.Select(weight => weight.Value).Append(x).Select(leaf => leaf.grad!.clone())];
        }

        var (exact, rounded) = (Gradients(ComputePrecision.Float32), Gradients(ComputePrecision.BFloat16));

        Assert.All(exact.Zip(rounded), pair =>
        {
            Assert.Equal(ScalarType.Float32, pair.Second.dtype);
            Assert.InRange(((pair.First - pair.Second).norm() / pair.First.norm()).item<float>(), 0, 0.01f);
        });
        Assert.True((exact[0] - rounded[0]).abs().max().item<float>() > 0, "nothing was rounded");
    }

    [Fact]
    public void EndBackward_WithoutDisposeScope_LeavesNoTensorOfTheLastPass()
    {
        using var generator = NewGenerator(6);
        var layer = Linear(generator, 6, 4);
        using var adapter = CreateAdapter(layer, generator, isDora: false);
        using var x = Random(generator, Rows, 6).requires_grad_(true);
        var before = TensorCounts.Settled();

        using (var output = adapter.Forward(x, ForwardMode.Evaluation))
        using (var sum = output.sum())
            sum.backward(); // no scope takes the gradients, as on the threads of CUDA's autograd
        var during = TensorCounts.Settled();
        adapter.EndBackward();

        Assert.True(during > before, "The pass no longer holds gradients; this test has lost its object.");
        Assert.Equal(before, TensorCounts.Settled());
    }

    [Fact]
    public void Backward_HundredTimes_LeavesNoTensor()
    {
        using var generator = NewGenerator(5);
        var layer = Linear(generator, 6, 4);
        using var adapter = CreateAdapter(layer, generator, isDora: true);
        using var x = Random(generator, Rows, 6).requires_grad_(true);
        Step();
        var before = TensorCounts.Settled();
        for (var step = 0; step < 100; step++)
            Step();
        Assert.Equal(before, TensorCounts.Settled());

        void Step()
        {
            using var scope = NewDisposeScope();
            adapter.Forward(x, ForwardMode.Evaluation).sum().backward();
        }
    }

    [Fact]
    public void Backward_WeightIsGone_IsAnErrorThatNamesTheLayer()
    {
        using var scope = NewDisposeScope();
        using var generator = NewGenerator(6);
        var layer = Linear(generator, 6, 4);
        using var adapter = CreateAdapter(layer, generator, isDora: false);
        var loss = adapter.Forward(Random(generator, Rows, 6).requires_grad_(true), ForwardMode.Evaluation).sum();
        layer.Weight.Value.Dispose();
        loss.backward();
        Assert.Contains(layer.Name, Assert.Throws<InvalidOperationException>(adapter.EndBackward).Message, StringComparison.Ordinal);
    }

    private static LowRankAdapter CreateAdapter(AdaptableLinear layer, Generator generator, bool isDora)
    {
        var start = new LowRankStart(Random(generator, 2, layer.InFeatures), Random(generator, layer.OutFeatures, 2));
        return isDora ? new DoraAdapter(layer, 0.5, start) : new LoraAdapter(layer, 0.5, start);
    }

    private static Tensor Leaf(Tensor tensor) => tensor.detach().clone().requires_grad_(true);
}
