using Microsoft.ML.Eva.Backbones;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Backbones;

/// <summary>Products in 16 bits, in every family.</summary>
[Collection(nameof(TensorCounts))]
[Trait("Category", "Fixtures")]
public sealed class PrecisionTests
{
    [Fact]
    public void Forward_InBFloat16_IsNearTheResultOf32BitsInEveryFamily()
    {
        foreach (var (folder, goldenFile) in GoldenModel.Classifiers())
        {
            using var scope = NewDisposeScope();
            var golden = Fixture.Tensors(goldenFile);
            using var batch = GoldenModel.BatchOf(golden);
            using var network = GoldenModel.Load(folder, HeadKind.Pooler, 2, dropout: 0);
            using var frozen = no_grad();
            var exact = network.Backbone.Forward(batch, ForwardMode.Evaluation);
            var rounded = network.Backbone.Forward(batch, ForwardMode.EvaluationIn(ComputePrecision.BFloat16));

            Assert.Equal(ScalarType.Float32, rounded.dtype);
            var error = ((rounded - exact).norm() / exact.norm()).item<float>();
            Assert.True(error is > 0 and < 0.03f, $"{folder}: {error}");
        }
    }

    [Fact]
    public void Backward_InBFloat16_GradientsPointWhereThoseOf32BitsDo()
    {
        foreach (var (folder, goldenFile) in GoldenModel.Classifiers())
        {
            using var scope = NewDisposeScope();
            var golden = Fixture.Tensors(goldenFile);
            using var batch = GoldenModel.BatchOf(golden);
            Tensor Gradient(ComputePrecision precision)
            {
                using var network = GoldenModel.Load(folder, HeadKind.Pooler, 2, dropout: 0);
                using var generator = new Generator(1);
                foreach (var layer in network.Backbone.AdaptableLayers)
                    layer.Weight.MakeTrainable();
                network.Forward(batch, ForwardMode.Training(generator, precision)).square().sum().backward();
                return cat([.. network.Backbone.AdaptableLayers.Select(layer => layer.Weight.Value.grad).OfType<Tensor>().Select(gradient => gradient.flatten())]);
            }

            var (exact, rounded) = (Gradient(ComputePrecision.Float32), Gradient(ComputePrecision.BFloat16));

            Assert.Equal(ScalarType.Float32, rounded.dtype);
            var cosine = (exact.dot(rounded) / (exact.norm() * rounded.norm())).item<float>();
            Assert.True(cosine is > 0.995f and < 1, $"{folder}: {cosine}");
        }
    }

    [Fact]
    public void InBFloat16_FrozenWeight_IsRoundedOnceUntilItChanges()
    {
        using var scope = NewDisposeScope();
        var before = TensorCounts.Settled();
        using (var weight = Weight.Owned("layer.weight", rand(4, 3)))
        {
            var rounded = weight.InBFloat16();
            Assert.Same(rounded, weight.InBFloat16());
            weight.Replace(ones(4, 3));
            Assert.Equal(12, weight.InBFloat16().sum().to(float32).item<float>());
            weight.MakeTrainable();
            using var fresh = weight.InBFloat16();
            Assert.True(fresh.requires_grad);
            Assert.NotSame(fresh, weight.InBFloat16());
        }
        scope.Dispose();
        Assert.Equal(before, TensorCounts.Settled());
    }

    [Fact]
    public void InBFloat16_MadeWhileScoring_ServesTraining()
    {
        using var scope = NewDisposeScope();
        using var weight = Weight.Owned("layer.weight", rand(4, 3));
        using (inference_mode())
            weight.InBFloat16();
        var x = rand(2, 3).to(bfloat16).requires_grad_(true);
        nn.functional.linear(x, weight.InBFloat16()).sum().backward();
        Assert.NotNull(x.grad);
    }

    [Fact]
    public void InBFloat16_ManyThreadsAtOnce_IsOneTensor()
    {
        using var scope = NewDisposeScope();
        using var weight = Weight.Owned("layer.weight", rand(64, 64));
        var seen = new nint[16];
        Parallel.For(0, seen.Length, i => seen[i] = weight.InBFloat16().Handle);
        Assert.Single(seen.Distinct());
    }
}
