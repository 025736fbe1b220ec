using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Training;

public class AdamWTests
{
    [Fact]
    public void Step_TwoGroups_FollowsTheFormulaInDoublePrecision()
    {
        var random = new Random(1);
        AssertFollowsTheFormula(30, Group(random, 0.1, 1, [3, 5], [7]), Group(random, 0, 16, [4], [2, 2, 2]));
    }

    [Fact]
    public void Step_GroupsOfSeveralBlocks_FollowsTheFormulaInDoublePrecision()
    {
        var random = new Random(1);
        AssertFollowsTheFormula(3, Group(random, 0.1, 1, [700, 801], [9]), Group(random, 0, 16, [5], [262_144]));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(1e6)]
    [InlineData(double.PositiveInfinity)]
    public void ClipGradients_AnyLimit_ScalesAsTorchDoesAndReturnsTheNormBefore(double limit)
    {
        using var scope = NewDisposeScope();
        using var parameters = new FlatParameters([Group(new Random(1), 0, 1, [3, 5], [7])]);
        (parameters.Groups[0].Weights[0].Value.sum() * 3 + parameters.Groups[0].Weights[1].Value.sum() * 4).backward();
        var norm = Math.Sqrt(15 * 9 + 7 * 16);
        Assert.Equal(norm, parameters.ClipGradients(limit).item<float>(), 1e-4);
        Assert.Equal(3 * Math.Min(1, limit / (norm + 1e-6)), parameters.Groups[0].Weights[0].Value.grad![0, 0].item<float>(), 1e-6);
    }

    [Fact]
    public void FlatParameters_SharedWeight_LeavesTheSharedTensorAlone()
    {
        using var shared = ones(3);
        using var weight = Weight.Shared("w", shared);
        using (var parameters = new FlatParameters([new ParameterGroup([weight], 1, 0)]))
        using (no_grad())
            parameters.Values.add_(1);
        Fixture.AssertClose(ones(3), shared, 0, "shared");
        Fixture.AssertClose(full(3, 2f), weight.Value, 0, "own");
    }

    [Fact]
    public void FlatParameters_NoWeights_Throws() => Assert.Throws<ArgumentException>(() => new FlatParameters([]));

    [Fact]
    public void FlatParameters_WeightInTwoGroups_Throws()
    {
        using var weight = Weight.Owned("w", ones(3));
        Assert.Throws<ArgumentException>(() => new FlatParameters([new([weight], 1, 0), new([weight], 2, 0)]));
    }

    private static void AssertFollowsTheFormula(int steps, params ParameterGroup[] groups)
    {
        using var scope = NewDisposeScope();
        var references = groups.Select(g => g.Weights.Select(w => new Reference(w.Value, g)).ToList()).ToList();
        using var parameters = new FlatParameters(groups);
        using var optimizer = new AdamW(parameters, AdamWConstants.Default);
        for (var step = 0; step < steps; step++)
        {
            foreach (var (group, reference) in groups.Zip(references))
                foreach (var (weight, wanted) in group.Weights.Zip(reference))
                {
                    var target = rand(weight.Value.shape);
                    (weight.Value * target).sum().backward();
                    wanted.Step(target, 0.01 * (step % 7));
                }
            optimizer.Step(0.01 * (step % 7));
            parameters.ZeroGradients();
        }
        foreach (var (group, reference) in groups.Zip(references))
            foreach (var (weight, wanted) in group.Weights.Zip(reference))
                Fixture.AssertClose(wanted.Weight, weight.Value, 2e-5, weight.Name);
    }

    private static ParameterGroup Group(Random random, double decay, double factor, params long[][] shapes) =>
        new([.. shapes.Select((shape, i) => Weight.Owned($"w{i}", rand(shape).mul_(random.NextDouble() + 0.5)))], factor, decay);

    private sealed class Reference(Tensor start, ParameterGroup group)
    {
        private Tensor _first = zeros_like(start, float64);
        private Tensor _second = zeros_like(start, float64);
        private int _step;

        public Tensor Weight { get; private set; } = start.to(float64);

        public void Step(Tensor gradient, double rate)
        {
            _step++;
            rate *= group.LearningRateFactor;
            var g = gradient.to(float64);
            _first = _first * 0.9 + g * 0.1;
            _second = _second * 0.999 + g * g * 0.001;
            Weight = Weight * (1 - rate * group.WeightDecay)
                - _first / (1 - Math.Pow(0.9, _step)) / ((_second / (1 - Math.Pow(0.999, _step))).sqrt() + 1e-8) * rate;
        }
    }
}
