using Microsoft.ML.Eva.Sweeps;

namespace Microsoft.ML.Eva.Tests.Sweeps;

public sealed class HalvingScheduleTests
{
    [Theory]
    [InlineData(12, 3, 0.1, "12x0.1111 4x0.3333 1x1")]
    [InlineData(12, 2, 0.1, "12x0.125 6x0.25 3x0.5 1x1")]
    [InlineData(12, 1, 0.1, "12x1")]
    [InlineData(12, 3, 1, "12x1")]
    [InlineData(12, 3, 0.34, "12x1")]
    [InlineData(12, 4, 0.25, "12x0.25 3x1")]
    [InlineData(100, 3, 0.1, "100x0.1111 33x0.3333 11x1")]
    [InlineData(2, 3, 0.1, "2x0.3333 1x1")]
    [InlineData(1, 3, 0.1, "1x1")]
    [InlineData(5, 100, 0.001, "5x0.01 1x1")]
    public void Create_TrialsAndFactor_GivesRungs(int trials, int factor, double earliestStop, string expected) =>
        Assert.Equal(expected, string.Join(' ', HalvingSchedule.Create(trials, factor, earliestStop).Select(rung => FormattableString.Invariant($"{rung.Trials}x{rung.Part:0.####}"))));

    [Theory]
    [InlineData(1, 100, 100)]
    [InlineData(1.0 / 3, 99, 33)]
    [InlineData(1.0 / 9, 100, 12)]
    [InlineData(0.01, 10, 1)]
    public void StopAfter_Part_RoundsUp(double part, int steps, int expected) => Assert.Equal(expected, HalvingSchedule.StopAfter(new Rung(1, part), steps));
}
