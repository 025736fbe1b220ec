using Microsoft.ML.Eva.Training;

namespace Microsoft.ML.Eva.Tests.Training;

public class LearningRateScheduleTests
{
    [Theory]
    [InlineData(LearningRateDecay.Linear, 0, 0)]
    [InlineData(LearningRateDecay.Linear, 1, 0.25)]
    [InlineData(LearningRateDecay.Linear, 4, 1)]
    [InlineData(LearningRateDecay.Linear, 9, 0.5)]
    [InlineData(LearningRateDecay.Linear, 14, 0)]
    [InlineData(LearningRateDecay.Cosine, 2, 0.5)]
    [InlineData(LearningRateDecay.Cosine, 4, 1)]
    [InlineData(LearningRateDecay.Cosine, 9, 0.5)]
    [InlineData(LearningRateDecay.Cosine, 14, 0)]
    [InlineData(LearningRateDecay.Constant, 3, 0.75)]
    [InlineData(LearningRateDecay.Constant, 13, 1)]
    public void Factor_FourteenStepsFourOfThemWarmUp_IsAsDefined(LearningRateDecay decay, int step, double expected) =>
        Assert.Equal(expected, new LearningRateSchedule(decay, 14, 4).Factor(step), 12);

    [Fact]
    public void Factor_NoWarmUp_StartsAtThePeak() => Assert.Equal(1, new LearningRateSchedule(LearningRateDecay.Linear, 10, 0).Factor(0));

    [Fact]
    public void Factor_NothingButWarmUp_StaysFinite() =>
        Assert.All(Enumerable.Range(0, 12), step => Assert.InRange(new LearningRateSchedule(LearningRateDecay.Linear, 10, 10).Factor(step), 0, 1));
}
