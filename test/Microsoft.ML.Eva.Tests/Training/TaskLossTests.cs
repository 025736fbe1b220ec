using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Training;

public class TaskLossTests
{
    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0)]
    [InlineData(false, 0.1)]
    [InlineData(true, 0.1)]
    public void CrossEntropy_ClassWeightsAndSmoothing_FollowsTorchsDefinition(bool isWeighted, double smoothing)
    {
        using var scope = NewDisposeScope();
        var (outputs, labels) = (randn(7, 4), tensor(new long[] { 0, 3, 1, 1, 2, 0, 3 }));
        var weights = isWeighted ? tensor([0.5f, 2, 1, 3]) : null;
        using var batch = new Batch { Inputs = zeros(7, 1), Labels = labels };
        var (sum, count) = (0.0, 0.0);
        for (var row = 0; row < 7; row++)
        {
            var total = Math.Log(Enumerable.Range(0, 4).Sum(c => Math.Exp(outputs[row, c].item<float>())));
            for (var c = 0; c < 4; c++)
            {
                var isTrue = labels[row].item<long>() == c;
                var weight = weights is null ? 1 : weights[c].item<float>();
                sum += weight * ((isTrue ? 1 - smoothing : 0) + smoothing / 4) * (total - outputs[row, c].item<float>());
                count += isTrue ? weight : 0;
            }
        }
        Assert.Equal(sum / count, new CrossEntropyLoss(weights, smoothing).Compute(outputs, batch).item<float>(), 1e-5);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void CrossEntropy_RowWeightTwo_CountsLikeTheRowTwice(bool hasClassWeights)
    {
        using var scope = NewDisposeScope();
        var classWeights = hasClassWeights ? tensor([0.5f, 2, 1]) : null;
        var (outputs, labels) = (randn(3, 3), tensor(new long[] { 2, 0, 1 }));
        using var weighted = new Batch { Inputs = zeros(3, 1), Labels = labels, RowWeights = tensor([1f, 2, 0]) };
        var repeated = tensor(new long[] { 0, 1, 1 });
        using var twice = new Batch { Inputs = zeros(3, 1), Labels = labels.index_select(0, repeated) };
        var loss = new CrossEntropyLoss(classWeights);
        Fixture.AssertClose(loss.Compute(outputs.index_select(0, repeated), twice), loss.Compute(outputs, weighted), 1e-6, "loss");
    }

    [Fact]
    public void MeanSquaredError_RowWeights_AreShares()
    {
        using var scope = NewDisposeScope();
        using var batch = new Batch { Inputs = zeros(2, 1), Labels = tensor([1f, 5]), RowWeights = tensor([1f, 3]) };
        var loss = new MeanSquaredErrorLoss().Compute(tensor(new float[,] { { 3 }, { 4 } }), batch);
        Assert.Equal((1 * 4f + 3 * 1f) / 4, loss.item<float>(), 1e-6f);
    }

    [Fact]
    public void CrossEntropy_NoRowCounts_IsZeroNotUndefined()
    {
        using var scope = NewDisposeScope();
        using var batch = new Batch { Inputs = zeros(2, 1), Labels = tensor(new long[] { 0, 1 }), RowWeights = zeros(2) };
        Assert.Equal(0, new CrossEntropyLoss().Compute(randn(2, 2), batch).item<float>());
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0)]
    [InlineData(false, 0.2)]
    [InlineData(true, 0.2)]
    public void BinaryCrossEntropy_WeightsAndSmoothing_FollowsItsFormula(bool isWeighted, double smoothing)
    {
        using var scope = NewDisposeScope();
        var outputs = tensor(new float[,] { { 0.5f, -2, 3 }, { -1, 0, 1.5f } });
        var labels = new float[,] { { 1, 0, 0 }, { 0, 1, 1 } };
        float[] positive = isWeighted ? [2, 0.5f, 3] : [1, 1, 1];
        using var batch = new Batch { Inputs = zeros(2, 1), Labels = tensor(labels), RowWeights = tensor([1f, 3]) };
        double[] rows = [0, 0];
        for (var row = 0; row < 2; row++)
            for (var label = 0; label < 3; label++)
            {
                var probability = 1 / (1 + Math.Exp(-outputs[row, label].item<float>()));
                var target = labels[row, label] * (1 - smoothing) + smoothing / 2;
                rows[row] -= (positive[label] * target * Math.Log(probability) + (1 - target) * Math.Log(1 - probability)) / 3;
            }

        var loss = new BinaryCrossEntropyLoss(isWeighted ? tensor(positive) : null, smoothing).Compute(outputs, batch);

        Assert.Equal((rows[0] + 3 * rows[1]) / 4, loss.item<float>(), 1e-5);
    }

    [Fact]
    public void Description_TellsLossesApart()
    {
        using var scope = NewDisposeScope();
        TaskLoss[] losses =
        [
            new CrossEntropyLoss(), new CrossEntropyLoss(null, 0.1), new CrossEntropyLoss(tensor([1f, 2])), new CrossEntropyLoss(tensor([2f, 1])),
            new BinaryCrossEntropyLoss(), new BinaryCrossEntropyLoss(tensor([1f, 2])), new BinaryCrossEntropyLoss(null, 0.1), new MeanSquaredErrorLoss(),
        ];

        Assert.Equal(losses.Length, losses.Select(loss => loss.Description).Distinct().Count());
        Assert.Equal(new CrossEntropyLoss(tensor([1f, 2]), 0.1).Description, new CrossEntropyLoss(tensor([1f, 2]), 0.1).Description);
    }
}
