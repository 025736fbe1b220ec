using Microsoft.ML.Eva.Training;
using Microsoft.ML.Eva.Training.Checkpoints;
using Microsoft.ML.Eva.Training.Metrics;

namespace Microsoft.ML.Eva.Tests.Training;

/// <summary>A run that is stopped on purpose, as successive halving does, goes on as if it had not been.</summary>
public sealed class StoppedRunTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("eva-stopped-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Train_StoppedAgainAndAgain_EndsWithTheSameBytes()
    {
        var (undisturbed, expected) = Train(checkpoints: false, stopAfter: null);
        Assert.Equal(28, undisturbed.Steps);
        Assert.Null(undisturbed.Stopped);

        // in the middle of an epoch, at its end, in the middle again
        foreach (var stop in new[] { 3, 14, 20 })
        {
            var (part, _) = Train(checkpoints: true, stop);
            Assert.Equal(stop, part.Steps);
            Assert.Equal(undisturbed.Losses.Take(stop), part.Losses);
            Assert.Equal(stop / 7, part.Epochs.Count);
            Assert.Equal(stop % 7 == 0, part.Stopped is null);
        }
        var (whole, weights) = Train(checkpoints: true, stopAfter: 28);
        Assert.Equal(undisturbed.Losses, whole.Losses);
        Assert.Equal(undisturbed.Epochs, whole.Epochs);
        Assert.Equal(expected, weights);
    }

    [Fact]
    public void Train_StoppedTwiceAtTheSameStep_SaysTheSame()
    {
        var (first, _) = Train(checkpoints: true, 10);
        var (second, _) = Train(checkpoints: true, 10);
        Assert.Equal(first.Stopped, second.Stopped);
        Assert.Equal(first.Losses, second.Losses);
        Assert.NotNull(first.Stopped);
    }

    private (TrainingResult Result, byte[] Weights) Train(bool checkpoints, int? stopAfter)
    {
        using var network = TinyNetwork.Create();
        var rows = TinyRows.Create(100);
        var groups = ParameterGroup.DecayingMatrices(TinyNetwork.TrainableWeights(network), 0.01);
        var plan = TrainingPlan.Create(new TrainingOptions { Epochs = 4, BatchSize = 16, LearningRate = 0.02 }, rows.RowCount, seed: 3);
        var validation = new Evaluator(TinyRows.Create(40, seed: 2), new CrossEntropyLoss(), ClassificationMetric.Accuracy, 64);
        using var folder = checkpoints ? new TrainingCheckpoints(_folder, null, 1, "test", _ => { }) : null;
        var result = new Trainer(network, groups, new CrossEntropyLoss(), plan).Train(rows, validation, checkpoints: folder, stopAfter: stopAfter);
        return (result, [.. network.Weights.SelectMany(weight => weight.Value.bytes.ToArray())]);
    }
}
