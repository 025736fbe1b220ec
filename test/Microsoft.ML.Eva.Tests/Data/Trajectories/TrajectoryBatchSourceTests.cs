using Microsoft.ML.Eva.Data.Trajectories;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Data.Trajectories;

public sealed class TrajectoryBatchSourceTests
{
    private static readonly StepColumns Columns = new(1, 1);
    private static readonly PolicySettings Settings = new() { ContextSteps = 3, ReturnScale = 2, BestReturn = 1, StateMean = [10], StateDeviation = [5] };

    // Episodes of 1, 5 and 2 steps; a step's state is 100·episode + step, its action a tenth of the step.
    private static TrajectorySet Steps()
    {
        var builder = new TrajectoryBuilder(Columns);
        foreach (var (episode, length) in new[] { (0, 1), (1, 5), (2, 2) })
        {
            builder.StartEpisode();
            for (var step = 0; step < length; step++)
                builder.AddStep(1, step, [100 * episode + step], [step / 10f]);
            builder.SumRewards();
        }
        return builder.Build();
    }

    private static TrajectoryBatchSource Source(int windows = 64) => new(Steps(), Settings, windows, CPU);

    [Fact]
    public void Load_WindowsOfTwoLengths_PadsOnTheLeft()
    {
        using var scope = NewDisposeScope();
        using var batch = Source().Load([1, 4, 7]); // three steps of the second episode, its last two, the last of the third

        Assert.Equal([3, 3, 4], batch.Inputs.shape);
        Assert.Equal([2.5f, 0, 18, 0, /**/ 2, 1, 18.2f, 0.1f, /**/ 1.5f, 2, 18.4f, 0.2f], batch.Inputs[0].data<float>().ToArray());
        Assert.Equal([0, 0, 0, 0, /**/ 1, 3, 18.6f, 0.3f, /**/ 0.5f, 4, 18.8f, 0.4f], batch.Inputs[1].data<float>().ToArray());
        Assert.Equal([1, 1, 1, 1, 1, 1, 1, 1, 1], batch.Mask![0].data<long>().ToArray());
        Assert.Equal([0, 0, 0, 1, 1, 1, 1, 1, 1], batch.Mask[1].data<long>().ToArray());
        Assert.Equal([float.NaN, float.NaN, 0.1f], batch.Labels![2].data<float>().ToArray());
    }

    [Fact]
    public void Load_WindowsOfOneLength_HasNoMask()
    {
        using var batch = Source().Load([1, 2, 3]);

        Assert.Null(batch.Mask);
    }

    [Fact]
    public void TrainingBatches_ManyWindows_BeginAtEveryStepEquallyOften()
    {
        const int windows = 40_000;
        var counts = new int[8];
        foreach (var batch in Source(windows).TrainingBatches(64, seed: 3, epoch: 0))
            using (batch)
                foreach (var start in batch.Rows!)
                    counts[start]++;

        // Five standard deviations of a binomial count.
        var deviation = Math.Sqrt(windows * (1 / 8.0) * (7 / 8.0));
        Assert.All(counts, count => Assert.InRange(count, windows / 8 - 5 * deviation, windows / 8 + 5 * deviation));
    }

    [Fact]
    public void TrainingBatches_DependOnSeedAndEpochAlone_AndSkip()
    {
        var all = Starts(5, 2);

        Assert.Equal(all, Starts(5, 2));
        Assert.NotEqual(all, Starts(6, 2));
        Assert.NotEqual(all, Starts(5, 3));
        Assert.Equal(all[2..], Starts(5, 2, skip: 2));
        Assert.Equal([10, 10, 10, 10, 10, 10, 4], all.Select(starts => starts.Length));

        int[][] Starts(int seed, int epoch, int skip = 0)
        {
            var starts = new List<int[]>();
            foreach (var batch in Source().TrainingBatches(10, seed, epoch, skip))
                using (batch)
                    starts.Add([.. batch.Rows!]);
            return [.. starts];
        }
    }

    [Fact]
    public void EvaluationBatches_HoldEveryStepOnce()
    {
        using var scope = NewDisposeScope();
        var states = new List<float>();
        foreach (var batch in Source().EvaluationBatches(2))
            using (batch)
                states.AddRange(batch.Inputs.select(2, StepColumns.State).masked_select(batch.Labels!.squeeze(-1).isnan().logical_not()).data<float>().ToArray());

        Assert.Equal(new[] { 0f, 100, 101, 102, 103, 104, 200, 201 }.Select(state => (state - 10) / 5), states.Order());
    }

    [Fact]
    public void Fingerprint_ChangesWithAnyNumber()
    {
        var other = new TrajectoryBuilder(Columns);
        var steps = Steps();
        foreach (var episode in Enumerable.Range(0, 3))
        {
            other.StartEpisode();
            for (var step = steps.StartOf(episode); step < steps.EndOf(episode); step++)
                other.AddStep(steps.ReturnAt(step), steps.TimeAt(step), steps.StateAt(step), step == 7 ? [0.5f] : steps.ActionAt(step));
        }

        var prints = new[]
        {
            Source().Fingerprint,
            Source(windows: 65).Fingerprint,
            new TrajectoryBatchSource(other.Build(), Settings, 64, CPU).Fingerprint,
            new TrajectoryBatchSource(steps, Settings with { ContextSteps = 4 }, 64, CPU).Fingerprint,
            new TrajectoryBatchSource(steps.Select([0, 2, 1]), Settings, 64, CPU).Fingerprint,
        };

        Assert.Equal(prints.Length, prints.Distinct().Count());
        Assert.Equal(prints[0], Source().Fingerprint);
    }

    [Fact]
    public void StateStatistics_OfVaryingAndConstantStates_NormaliseTheFirstOnly()
    {
        var builder = new TrajectoryBuilder(new StepColumns(2, 1));
        builder.StartEpisode();
        foreach (var value in new[] { 1f, 2, 3, 6 })
            builder.AddStep(0, 0, [value, 1e6f], [0]);

        var (mean, deviation) = builder.Build().StateStatistics();

        Assert.Equal([3, 1e6f], mean);
        Assert.Equal([MathF.Sqrt(3.5f), 1], deviation);
    }
}
