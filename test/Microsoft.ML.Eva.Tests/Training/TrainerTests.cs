using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Training;
using Microsoft.ML.Eva.Training.Metrics;

namespace Microsoft.ML.Eva.Tests.Training;

public class TrainerTests
{
    [Fact]
    public void Train_LearnableRows_LearnsThem()
    {
        using var network = TinyNetwork.Create();
        var validation = new Evaluator(TinyRows.Create(200, seed: 2), new CrossEntropyLoss(), ClassificationMetric.Accuracy, 64);
        var result = Train(network, Plan(epochs: 15), validation);
        Assert.True(result.Epochs.Max(epoch => epoch.Validation!.Metric) > 0.9, $"{result.Epochs[^1]}");
        Assert.Equal(15 * 16, result.Steps);
        Assert.Equal(result.Steps, result.GradientNorms.Count);
    }

    [Fact]
    public void Train_Validation_KeepsTheBestEpoch()
    {
        using var network = TinyNetwork.Create();
        var validation = new Evaluator(TinyRows.Create(60, seed: 2), new CrossEntropyLoss(), ClassificationMetric.Accuracy, 64);
        var result = Train(network, Plan(epochs: 8) with { LearningRate = 0.3 }, validation);
        var best = result.Epochs.MaxBy(epoch => epoch.Validation!.Metric)!;
        Assert.Equal(best.Epoch, result.BestEpoch);
        Assert.Equal(best.Validation, validation.Evaluate(network, default));
    }

    [Fact]
    public void Train_NoBetterEpoch_EndsWhenOutOfPatience()
    {
        using var network = TinyNetwork.Create();
        var validation = new Evaluator(TinyRows.Create(60, seed: 2), new CrossEntropyLoss(), ClassificationMetric.Accuracy, 64);
        var result = Train(network, Plan(epochs: 50) with { LearningRate = 1e-12, Patience = 3 }, validation);
        Assert.Equal(4, result.Epochs.Count);
        Assert.Equal(1, result.BestEpoch);
    }

    [Fact]
    public void Train_SameSeedTwice_GivesTheSameBytes()
    {
        Assert.Equal(WeightsAfterTraining(seed: 7), WeightsAfterTraining(seed: 7));
        Assert.NotEqual(WeightsAfterTraining(seed: 7), WeightsAfterTraining(seed: 8));
    }

    [Fact]
    public void Train_WeightsAfterwards_StandOnTheirOwn()
    {
        using var network = TinyNetwork.Create();
        Train(network, Plan(epochs: 1), null);
        Assert.All(network.Weights, weight =>
        {
            Assert.True(weight.IsTrainable);
            Assert.Null(weight.Value.grad);
            Assert.Equal(weight.Value.numel() * sizeof(float), (long)weight.Value.storage<float>().Count * sizeof(float));
        });
    }

    [Fact]
    public void Train_Accumulation_EqualsTheLargerBatch()
    {
        // 64 rows of equal weight in the loss: four batches of 16 have the gradient of one of 64
        using var whole = TinyNetwork.Create(dropout: 0);
        using var parts = TinyNetwork.Create(dropout: 0);
        var plan = Plan(epochs: 1) with { Schedule = new LearningRateSchedule(LearningRateDecay.Constant, 1, 0) };
        var one = Train(whole, plan with { BatchSize = 64 }, null, rowCount: 64);
        var four = Train(parts, plan with { BatchSize = 16, GradientAccumulation = 4 }, null, rowCount: 64);
        Assert.Equal(1, four.Steps);
        Assert.Equal(one.Losses[0], four.Losses[0], 1e-6f);
        foreach (var (expected, actual) in whole.Weights.Zip(parts.Weights))
            Fixture.AssertClose(expected.Value.detach(), actual.Value, 1e-5, expected.Name);
    }

    [Fact]
    public void Train_Cancelled_StopsWithinOneStepAndKeepsWhatItHas()
    {
        using var network = TinyNetwork.Create();
        using var cancellation = new CancellationTokenSource();
        var progress = new Listener(told => { if (told.Step == 20) cancellation.Cancel(); });
        var result = new Trainer(network, Groups(network), new CrossEntropyLoss(), Plan(epochs: 5)).Train(TinyRows.Create(256), null, progress, cancellation.Token);
        Assert.True(result.IsCancelled);
        Assert.Equal(20, result.Steps);
        Assert.Single(result.Epochs);
        Assert.All(network.Weights, weight => Assert.False(weight.Value.isnan().any().item<bool>()));
    }

    [Fact]
    public void Train_CancelledAfterABetterEpoch_ReturnsToIt()
    {
        using var network = TinyNetwork.Create();
        using var cancellation = new CancellationTokenSource();
        var validation = new Evaluator(TinyRows.Create(60, seed: 2), new CrossEntropyLoss(), ClassificationMetric.Accuracy, 64);
        var progress = new Listener(told => { if (told.Step == 40) cancellation.Cancel(); });
        var result = new Trainer(network, Groups(network), new CrossEntropyLoss(), Plan(epochs: 5)).Train(TinyRows.Create(256), validation, progress, cancellation.Token);
        Assert.Equal(40, result.Steps);
        Assert.Equal(result.Epochs[result.BestEpoch!.Value - 1].Validation, validation.Evaluate(network, default));
    }

    [Fact]
    public void Train_RateFarTooHigh_NamesTheStepAndWhatToLower()
    {
        using var network = TinyNetwork.Create();
        var plan = Plan(epochs: 3) with { LearningRate = 1e38, MaxGradientNorm = double.PositiveInfinity };
        var error = Assert.Throws<ArgumentException>(() => Train(network, plan, null));
        Assert.Contains("step", error.Message);
        Assert.Contains(nameof(TrainingOptions.LearningRate), error.Message);
    }

    [Fact]
    public void Train_Listener_HearsEveryStepAndTheValidation()
    {
        using var network = TinyNetwork.Create();
        var told = new List<TrainingProgress>();
        var validation = new Evaluator(TinyRows.Create(60, seed: 2), new CrossEntropyLoss(), ClassificationMetric.Accuracy, 64);
        new Trainer(network, Groups(network), new CrossEntropyLoss(), Plan(epochs: 2)).Train(TinyRows.Create(256), validation, new Listener(told.Add));
        var steps = told.Where(t => t.Phase == TrainingPhase.Training).ToList();
        Assert.Equal(Enumerable.Range(1, 32), steps.Select(t => t.Step));
        Assert.All(steps, t => Assert.Equal((t.Step - 1) / 16 + 1, t.Epoch));
        Assert.All(steps, t => Assert.Equal(32, t.Steps));
        Assert.True(steps[^1].RowsPerSecond > 0);
        Assert.Equal(TimeSpan.Zero, steps[^1].TimeLeft);
        Assert.Equal("Accuracy", told[^1].MetricName);
    }

    private static TrainingPlan Plan(int epochs) =>
        TrainingPlan.Create(new TrainingOptions { Epochs = epochs, BatchSize = 16, LearningRate = 0.02 }, 256, seed: 3);

    private static IReadOnlyList<ParameterGroup> Groups(Network network) => ParameterGroup.DecayingMatrices(TinyNetwork.TrainableWeights(network), 0.01);

    private static TrainingResult Train(Network network, TrainingPlan plan, Evaluator? validation, int rowCount = 256) =>
        new Trainer(network, Groups(network), new CrossEntropyLoss(), plan).Train(TinyRows.Create(rowCount), validation);

    private static byte[] WeightsAfterTraining(int seed)
    {
        using var network = TinyNetwork.Create();
        Train(network, Plan(epochs: 2) with { Seed = seed }, null);
        return [.. network.Weights.SelectMany(weight => weight.Value.bytes.ToArray())];
    }

    private sealed class Listener(Action<TrainingProgress> onReport) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => onReport(value);
    }
}
