using System.Globalization;
using Microsoft.ML.Eva.Sweeps;

namespace Microsoft.ML.Eva.Tests.Sweeps;

public sealed class TrialListTests
{
    private static IReadOnlyList<TrialConfiguration> Create(SweepSearchOptions search, IReadOnlyList<SweepDimension> dimensions, int seed = 1, AdapterOptions? adapter = null) =>
        TrialList.Create(new EvaLoraSweepOptions { Search = search, Dimensions = dimensions }, adapter ?? new LoraOptions(), new TrainingOptions(), seed);

    [Fact]
    public void Grid_EveryCombination_OnceInOrder()
    {
        var trials = Create(new GridSearchOptions { PointsPerRange = 2 }, [SweepDimension.Rank(4, 8), SweepDimension.LearningRate(1e-4, 1e-2)]);

        Assert.Equal(["rank 4, learning rate 0.0001", "rank 4, learning rate 0.01", "rank 8, learning rate 0.0001", "rank 8, learning rate 0.01"], trials.Select(trial => trial.ToString()));
        Assert.Equal([1, 2, 3, 4], trials.Select(trial => trial.Number));
        Assert.Equal([4, 4, 8, 8], trials.Select(trial => ((LoraOptions)trial.Adapter).Rank));
        Assert.Equal([1e-4, 1e-2, 1e-4, 1e-2], trials.Select(trial => trial.Training.LearningRate));
    }

    [Fact]
    public void Rank_OfTrial_KeepsTheScaling()
    {
        foreach (var adapter in new AdapterOptions[] { new LoraOptions { Rank = 8, Alpha = 16 }, new DoraOptions { Rank = 8, Alpha = 16, IsRankStabilized = true } })
            foreach (var trial in Create(new GridSearchOptions(), [SweepDimension.Rank(2, 32)], adapter: adapter))
            {
                var (before, after) = ((LowRankOptions)adapter, (LowRankOptions)trial.Adapter);
                Assert.Equal(before.ScalingOf(before.Rank, before.Alpha), after.ScalingOf(after.Rank, after.Alpha), 12);
            }
    }

    [Fact]
    public void Rank_OfAdaLora_ChangesTargetAndInitialRank()
    {
        var trial = Create(new GridSearchOptions(), [SweepDimension.Rank(5)], adapter: new AdaLoraOptions())[0];
        var adapter = Assert.IsType<AdaLoraOptions>(trial.Adapter);
        Assert.Equal((5, 8), (adapter.TargetRank, adapter.InitialRank));
        Assert.Equal(8.0 / 12, adapter.Alpha / adapter.InitialRank, 12);
    }

    [Fact]
    public void Method_IsAppliedFirst_WhereverItStands()
    {
        var trials = Create(new GridSearchOptions(), [SweepDimension.Rank(4), SweepDimension.Rho(1.5), SweepDimension.Method(new DoraOptions(), new LoraOptions { Initialization = new RandomOptions() }), SweepDimension.Dropout(0.1)]);

        Assert.Equal(["Dora, Eva", "Lora, Random"], trials.Select(trial => trial.Values[2].Text));
        Assert.All(trials, trial => Assert.Equal((4, 0.1), (((LowRankOptions)trial.Adapter).Rank, ((LowRankOptions)trial.Adapter).Dropout)));
        Assert.Equal(1.5, ((EvaOptions)((LowRankOptions)trials[0].Adapter).Initialization).Rho);
    }

    [Fact]
    public void Combinations_WithTheSameOptions_AreOneTrial()
    {
        // rank and rho mean nothing to full fine-tuning
        var trials = Create(new GridSearchOptions(), [SweepDimension.Method(new FullFineTuningOptions(), new LoraOptions()), SweepDimension.Rank(4, 8), SweepDimension.Rho(1, 2)]);
        Assert.Equal(1 + 4, trials.Count);
    }

    [Fact]
    public void Random_SameSeed_SameTrials()
    {
        SweepDimension[] dimensions = [SweepDimension.Rank(2, 4, 8, 16), SweepDimension.LearningRate(1e-4, 1e-2)];
        var (first, again, other) = (Create(new RandomSearchOptions(), dimensions), Create(new RandomSearchOptions(), dimensions), Create(new RandomSearchOptions(), dimensions, seed: 2));

        Assert.Equal(12, first.Count);
        Assert.Equal(first.Select(trial => trial.Description), again.Select(trial => trial.Description));
        Assert.NotEqual(first.Select(trial => trial.Description), other.Select(trial => trial.Description));
        Assert.Equal(12, first.Select(trial => trial.Description).Distinct().Count());
    }

    [Fact]
    public void Random_FewCombinations_EndsWithAllOfThem() =>
        Assert.Equal(["rank 2", "rank 4"], Create(new RandomSearchOptions(), [SweepDimension.Rank(2, 4)]).Select(trial => trial.ToString()).Order());

    [Fact]
    public void LearningRate_Draws_AreLogarithmicAndWithinTheRange()
    {
        var rates = Create(new RandomSearchOptions { Trials = 200 }, [SweepDimension.LearningRate(1e-5, 1e-1)]).Select(trial => trial.Training.LearningRate).ToList();

        Assert.All(rates, rate => Assert.InRange(rate, 1e-5, 1e-1));
        // half of them below the geometric mean
        Assert.InRange(rates.Count(rate => rate < 1e-3), 75, 125);
        Assert.All(rates, rate => Assert.Equal(rate, double.Parse(rate.ToString("g3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void OwnDimensions_ReachAnyOption()
    {
        var trials = Create(new GridSearchOptions { PointsPerRange = 3 },
            [SweepDimension.Choice("batch", (trial, size) => trial.Training.BatchSize = size, 8, 16), SweepDimension.Range("decay", 0, 0.1, (trial, decay) => trial.Training.WeightDecay = decay)]);
        Assert.Equal([(8, 0), (8, 0.05), (8, 0.1), (16, 0), (16, 0.05), (16, 0.1)], trials.Select(trial => (trial.Training.BatchSize, trial.Training.WeightDecay)));
    }

    [Fact]
    public void CombinationOutOfRange_IsNamed()
    {
        var error = Assert.Throws<ArgumentException>(() => Create(new GridSearchOptions(), [SweepDimension.Rank(4, 5000)]));
        Assert.Contains("The combination rank 5000 cannot be tried", error.Message);
        Assert.Contains("from 1 to 1024", error.Message);
    }

    [Fact]
    public void ValidationFraction_MustNotVary()
    {
        var error = Assert.Throws<ArgumentException>(() => Create(new GridSearchOptions(), [SweepDimension.Choice("fraction", (trial, part) => trial.Training.ValidationFraction = part, 0.1, 0.2)]));
        Assert.Contains("compared on the same rows", error.Message);
    }

    [Fact]
    public void Trials_AreNotReachedByLaterChanges()
    {
        var (adapter, method) = (new LoraOptions(), new DoraOptions());
        var trials = Create(new GridSearchOptions(), [SweepDimension.Method(adapter, method)]);
        adapter.Rank = method.Rank = 77;
        Assert.All(trials, trial => Assert.Equal(8, ((LowRankOptions)trial.Adapter).Rank));
    }

    [Theory]
    [InlineData("empty", "at least one value")]
    [InlineData("twice", "each value once")]
    [InlineData("names", "different names")]
    [InlineData("none", "at least one dimension")]
    [InlineData("range", "from a number to a larger one")]
    [InlineData("logarithmic", "greater than 0 if it is logarithmic")]
    [InlineData("trials", "from 1 to 10000")]
    [InlineData("factor", "from 1 to 100")]
    [InlineData("earliest", "greater than 0 and at most 1")]
    [InlineData("parallel", "from 1 to 256")]
    [InlineData("folder", "null or the path of a folder")]
    [InlineData("checkpoints", "trials have folders of their own")]
    [InlineData("null method", "given no null")]
    public void Options_OutOfRange_AreToldAtOnce(string fault, string told)
    {
        var options = new EvaLoraSweepOptions();
        switch (fault)
        {
            case "empty": options.Dimensions = [SweepDimension.Rank()]; break;
            case "twice": options.Dimensions = [SweepDimension.Rank(4, 4)]; break;
            case "names": options.Dimensions = [SweepDimension.Rank(4), SweepDimension.Rank(8)]; break;
            case "none": options.Dimensions = []; break;
            case "range": options.Dimensions = [SweepDimension.LearningRate(1e-2, 1e-3)]; break;
            case "logarithmic": options.Dimensions = [SweepDimension.LearningRate(0, 1e-3)]; break;
            case "trials": options.Search = new RandomSearchOptions { Trials = 0 }; break;
            case "factor": options.HalvingFactor = 0; break;
            case "earliest": options.EarliestStop = 0; break;
            case "parallel": options.ParallelTrials = 0; break;
            case "folder": options.Folder = " "; break;
            case "checkpoints": options.Trainer.Training.CheckpointFolder = "x"; break;
            case "null method": options.Dimensions = [SweepDimension.Method(null!, new LoraOptions())]; break;
        }
        var ml = new MLContext(seed: 1);
        Assert.Contains(told, Assert.Throws<ArgumentException>(() => ml.MulticlassClassification.Trainers.EvaLoraSweep(options)).Message);
    }
}
