using Microsoft.ML.Eva.Data;

namespace Microsoft.ML.Eva.Tests.Data;

public class EpochOrderTests
{
    private static readonly int[] Lengths = [.. Enumerable.Range(0, 1003).Select(i => 3 + i * 7919 % 61)];

    [Fact]
    public void ShuffledByLength_AnyEpoch_HoldsEveryRowOnce()
    {
        for (var epoch = 0; epoch < 5; epoch++)
            Assert.Equal(Enumerable.Range(0, Lengths.Length), EpochOrder.ShuffledByLength(Lengths, 8, seed: 1, epoch).SelectMany(batch => batch).Order());
    }

    [Fact]
    public void ShuffledByLength_SameSeedAndEpoch_IsTheSame() =>
        Assert.Equal(EpochOrder.ShuffledByLength(Lengths, 8, 5, 2), EpochOrder.ShuffledByLength(Lengths, 8, 5, 2));

    [Theory]
    [InlineData(5, 3)]
    [InlineData(6, 2)]
    public void ShuffledByLength_OtherSeedOrEpoch_IsAnother(int seed, int epoch) =>
        Assert.NotEqual(EpochOrder.ShuffledByLength(Lengths, 8, 5, 2), EpochOrder.ShuffledByLength(Lengths, 8, seed, epoch));

    [Fact]
    public void ShuffledByLength_RowsOfManyLengths_NeedsLittlePadding()
    {
        var padded = Padded(EpochOrder.ShuffledByLength(Lengths, 8, 1, 0));
        var unsorted = Padded(EpochOrder.Shuffled(Lengths.Length, 8, 1, 0));
        var real = Lengths.Sum();
        Assert.True(padded - real < 0.1 * (unsorted - real), $"{padded - real} of {unsorted - real} padding tokens are left");
    }

    [Fact]
    public void ShuffledByLength_TwoEpochs_DoNotMeetInTheSameBatches()
    {
        var first = EpochOrder.ShuffledByLength(Lengths, 8, 1, 0).Select(batch => string.Join(",", batch.Order())).ToHashSet();
        Assert.DoesNotContain(EpochOrder.ShuffledByLength(Lengths, 8, 1, 1), batch => first.Contains(string.Join(",", batch.Order())));
    }

    [Fact]
    public void LongestFirst_RowsOfManyLengths_FallsAndKeepsTheOrderOfEqualOnes()
    {
        var rows = EpochOrder.LongestFirst(Lengths, 8).SelectMany(batch => batch).ToArray();
        Assert.Equal(Enumerable.Range(0, Lengths.Length).OrderByDescending(row => Lengths[row]), rows);
    }

    private static int Padded(int[][] batches) => batches.Sum(batch => batch.Length * batch.Max(row => Lengths[row]));
}
