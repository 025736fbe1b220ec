using Microsoft.ML.Eva.Training.Metrics;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Training.Metrics;

public sealed class LabelSetScoresTests
{
    // Three rows of three labels; worked out by hand in the tests.
    private static LabelSetScores Scores()
    {
        var scores = new LabelSetScores();
        scores.Add([0.9f, 0.4f, 0.1f], [true, true, false]);
        scores.Add([0.6f, 0.7f, 0.2f], [false, true, false]);
        scores.Add([0.8f, 0.3f, 0.5f], [true, false, false]);
        return scores;
    }

    [Fact]
    public void F1_CountsHitsAndMisses()
    {
        // label 0: predicted 3, true 2, hits 2 → 4/5; label 1: predicted 1, true 2, hits 1 → 2/3; label 2: predicted 1, true 0 → 0
        Assert.Equal(2 * 3 / 9.0, Scores().F1Micro(0.5f), 1e-12);
        Assert.Equal((4 / 5.0 + 2 / 3.0 + 0) / 3, Scores().F1Macro(0.5f), 1e-12);
    }

    [Fact]
    public void Threshold_IsInclusive()
    {
        Assert.Equal(1 / 9.0 + 1 / 9.0 + 1 / 9.0, Scores().HammingLoss(0.5f), 1e-12); // (0,1), (1,0), (2,2)
        Assert.Equal(2 / 9.0, Scores().HammingLoss(0.51f), 1e-12);
        Assert.Equal(0, Scores().SubsetAccuracy(0.5f));
        Assert.Equal(1 / 3.0, Scores().SubsetAccuracy(0.51f), 1e-12);
    }

    [Fact]
    public void MeanAveragePrecision_SkipsLabelsThatNeverOccur()
    {
        // label 0: .9 and .8 come first → 1; label 1: .7 hit, .4 hit, .3 → 1; label 2 never occurs
        Assert.Equal(1, Scores().MeanAveragePrecision(), 1e-12);
        var other = new LabelSetScores();
        other.Add([0.9f], [false]);
        other.Add([0.8f], [true]);
        other.Add([0.8f], [false]);
        other.Add([0.1f], [true]);
        // recall 0 → ½ at precision 1/3 (both of score .8 together), ½ → 1 at precision 2/4
        Assert.Equal(0.5 / 3 + 0.5 / 2, other.MeanAveragePrecision(), 1e-12);
        Assert.Equal(double.NaN, new LabelSetScores().MeanAveragePrecision());
    }

    [Fact]
    public void NothingTrueAndNothingPredicted_IsZero()
    {
        var scores = new LabelSetScores();
        scores.Add([0.1f, 0.2f], [false, false]);

        Assert.Equal(0, scores.F1Micro(0.5f));
        Assert.Equal(0, scores.F1Macro(0.5f));
        Assert.Equal(1, scores.SubsetAccuracy(0.5f));
    }

    [Fact]
    public void Metric_AddsBatchesOfLogits()
    {
        using var scope = NewDisposeScope();
        var metric = LabelSetMetric.F1Micro(0.5f);

        metric.Add(tensor(new float[,] { { 3, -1 } }), tensor(new float[,] { { 1, 1 } }));
        metric.Add(tensor(new float[,] { { -3, 1 } }), tensor(new float[,] { { 0, 1 } }));

        Assert.Equal(2 * 2 / 5.0, metric.Value, 1e-12); // predicted 2, true 3, hits 2
        Assert.Equal("MicroF1", metric.Name);
    }
}
