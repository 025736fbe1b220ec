using Microsoft.ML.Eva.Adapters;
using static Microsoft.ML.Eva.Tests.Adapters.TestLayers;

namespace Microsoft.ML.Eva.Tests.Adapters;

public class AdapterOptionsTests
{
    public static TheoryData<string, AdapterOptions> Faulty => new()
    {
        { "Rho is 2, but must be 1 with AdaLoraOptions", new AdaLoraOptions { Initialization = new EvaOptions() } },
        { "would lose it", new AdaLoraOptions { Initialization = new PissaOptions() } },
        { "InitialRank is 8, but must be more than TargetRank (8)", new AdaLoraOptions { InitialRank = 8 } },
        { "leave steps to prune in", new AdaLoraOptions { InitialFraction = 0.5, FinalFraction = 0.5 } },
        { "BlockCount is 3, but must be null when BlockSize is set", new BoftOptions { BlockSize = 2, BlockCount = 3 } },
        { "InitialScale is 0", new VeraOptions { InitialScale = 0 } },
        { "trains everything anyway", new FullFineTuningOptions { Biases = BiasTraining.All } },
        { "TargetLayers is query, but must be left alone with HeadOnlyOptions", new HeadOnlyOptions { TargetLayers = ["query"] } },
        { "ExcludedLayers is key", new HeadOnlyOptions { ExcludedLayers = ["key"] } },
        { "TrainedModules is pooler", new HeadOnlyOptions { TrainedModules = ["pooler"] } },
        { "Biases is All", new HeadOnlyOptions { Biases = BiasTraining.All } },
        { "Iterations is 0", new LoraOptions { Initialization = new PissaOptions { Iterations = 0 } } },
        { "RankPattern['query'] is 0", new LoraOptions { RankPattern = new Dictionary<string, int> { ["query"] = 0 } } },
        { "AlphaPattern['query'] is NaN", new DoraOptions { AlphaPattern = new Dictionary<string, double> { ["query"] = double.NaN } } },
        { "Dropout is 1", new DoraOptions { Dropout = 1 } },
        { "LearningRateRatio is 0.5", new LoraOptions { LearningRateRatio = 0.5 } },
        { "ExcludedLayers is an empty list", new LoraOptions { ExcludedLayers = [] } },
    };

    [Theory]
    [MemberData(nameof(Faulty))]
    public void Validate_ImpossibleOptions_NamesOptionAndReason(string expected, AdapterOptions options)
    {
        var validator = new OptionsValidator();
        options.Validate(validator);
        Assert.Contains(expected, Assert.Throws<ArgumentException>(() => validator.ThrowIfFaulty("options")).Message);
    }

    [Fact]
    public void Clone_ChangedAfterwards_KeepsItsValues()
    {
        var ranks = new Dictionary<string, int> { ["query"] = 4 };
        var options = new LoraOptions { RankPattern = ranks, Initialization = new EvaOptions { Rho = 1.5 } };
        var clone = (LoraOptions)options.Clone();
        ranks["query"] = 5;
        ((EvaOptions)options.Initialization).Rho = 3;
        Assert.Equal(4, clone.RankPattern!["query"]);
        Assert.Equal(1.5, ((EvaOptions)clone.Initialization).Rho);
    }

    [Fact]
    public void AlphaThatKeepsScaling_RankStabilized_KeepsIt()
    {
        foreach (var stabilized in new[] { false, true })
        {
            var options = new LoraOptions { IsRankStabilized = stabilized };
            Assert.Equal(options.ScalingOf(8, 3), options.ScalingOf(5, options.AlphaThatKeepsScaling(3, 8, 5)), 12);
        }
    }

    [Fact]
    public void Create_ExcludedAndPatterns_GiveEveryLayerItsOwn()
    {
        using var generator = NewGenerator(1);
        using var network = Network([.. new[] { "0.query", "0.key", "1.query", "1.dense" }.Select(name => Linear(generator, 2, 2, name: name))]);
        var options = new LoraOptions
        {
            Rank = 3,
            Alpha = 6,
            ExcludedLayers = ["0.key"],
            TrainedModules = ["1.dense"],
            RankPattern = new Dictionary<string, int> { ["1.query"] = 5 },
            AlphaPattern = new Dictionary<string, double> { ["query"] = 2.5 },
        };
        var plan = AdapterPlan.Create(options, network.Backbone.AdaptableLayers);
        Assert.Equal([("0.query", 3, 2.5), ("1.query", 5, 2.5)], plan.Layers.Select(planned => (planned.Layer.Name, planned.Rank, planned.Alpha)));
    }
}
