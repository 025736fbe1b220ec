using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Tests.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Adapters;

public class WeightGroupTests
{
    [Theory]
    [InlineData(1, null, "1: classifier.weight classifier.bias A B")]
    [InlineData(16, null, "1: classifier.weight A; 16: classifier.bias B")]
    [InlineData(1, 5.0, "1: A B; 5: classifier.weight classifier.bias")]
    [InlineData(16, 5.0, "1: A; 5: classifier.weight classifier.bias; 16: B")]
    [InlineData(1, 1.0, "1: classifier.weight classifier.bias A B")]
    public void Create_LoraPlusAndHeadRatio_EachWeightHasItsRate(double plus, double? headRatio, string expected)
    {
        using var network = TinyNetwork.Create();
        using var generator = new Generator(1);
        var options = new LoraOptions { Rank = 2, LearningRateRatio = plus, Initialization = new RandomOptions() };
        AdapterInjector.Seat(network, AdapterPlan.Create(options, network.Backbone.AdaptableLayers), options, null, generator);

        var groups = WeightGroup.Create(network, options, headRatio);

        var names = network.Adapters.OfType<LowRankAdapter>().SelectMany(adapter => new[] { (adapter.A, "A"), (adapter.B, "B") }).ToDictionary(pair => pair.Item1, pair => pair.Item2);
        Assert.Equal(expected, string.Join("; ", groups.Select(group => $"{group.LearningRateRatio}: {string.Join(" ", group.Weights.Select(weight => names.GetValueOrDefault(weight, weight.Name)))}")));
    }
}
