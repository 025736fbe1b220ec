using Microsoft.ML.Eva.Training;
using Microsoft.ML.Eva.Training.Metrics;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Training;

[Collection(nameof(TensorCounts))]
public class TrainerLeakTests
{
    [Fact]
    public void Train_HundredSteps_LeavesNoTensors()
    {
        using var network = TinyNetwork.Create();
        var rows = TinyRows.Create(240);
        var validation = new Evaluator(rows, new CrossEntropyLoss(), ClassificationMetric.Accuracy, 64);
        var groups = ParameterGroup.DecayingMatrices(TinyNetwork.TrainableWeights(network), 0.01);
        var plan = TrainingPlan.Create(new TrainingOptions { Epochs = 14, BatchSize = 16, GradientAccumulation = 2 }, rows.RowCount, seed: 1);
        var before = TensorCounts.Settled();
        var result = new Trainer(network, groups, new CrossEntropyLoss(), plan).Train(rows, validation);
        Assert.True(result.Steps >= 100);
        Assert.Equal(before, Tensor.TotalCount);
    }
}
