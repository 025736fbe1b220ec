using CsCheck;
using Microsoft.ML.Eva.Eva;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Eva;

public class RankAllocatorTests
{
    private static readonly Gen<double[][]> Values = Gen.Double.Unit.Array[1, 9].Select(layer => layer.OrderDescending().ToArray()).Array[1, 12];

    [Fact]
    public void Allocate_AnyValues_SpendsBudgetOnLeadingComponentsOfMostValue() =>
        Gen.Select(Values, Gen.Int[0, 60]).Sample((values, budget) =>
        {
            var ranks = RankAllocator.Allocate(values, budget);
            Assert.Equal(Math.Min(budget, values.Sum(layer => layer.Length)), ranks.Sum());
            Assert.All(ranks.Zip(values), layer => Assert.InRange(layer.First, 0, layer.Second.Length));
            var worstKept = ranks.Zip(values).Where(layer => layer.First > 0).Select(layer => layer.Second[layer.First - 1]).DefaultIfEmpty(double.MaxValue).Min();
            var bestLeft = ranks.Zip(values).Where(layer => layer.First < layer.Second.Length).Select(layer => layer.Second[layer.First]).DefaultIfEmpty(0).Max();
            Assert.True(worstKept >= bestLeft);
        });

    [Fact]
    public void Allocate_LayersShuffled_GivesEachTheSame() =>
        Gen.Select(Values.Where(values => values.SelectMany(layer => layer).Distinct().Count() == values.Sum(layer => layer.Length)), Gen.Int[0, 60], Gen.Int).Sample((values, budget, seed) =>
        {
            var order = Enumerable.Range(0, values.Length).ToArray();
            new Random(seed).Shuffle(order);
            var ranks = RankAllocator.Allocate(values, budget);
            Assert.Equal(order.Select(i => ranks[i]), RankAllocator.Allocate([.. order.Select(i => values[i])], budget));
        });

    [Fact]
    public void Allocate_Minimum_IsKeptWithinBudget() =>
        Gen.Select(Values, Gen.Int[1, 3]).Sample((values, least) =>
        {
            var minimum = values.Select(_ => least).ToArray();
            var ranks = RankAllocator.Allocate(values, least * values.Length, minimum);
            Assert.All(ranks.Zip(values), layer => Assert.True(layer.First >= Math.Min(least, layer.Second.Length)));
            Assert.True(ranks.Sum() <= least * values.Length);
        });

    [Fact]
    public void Allocate_EqualValues_EarlierLayerThenEarlierComponentWins()
    {
        Assert.Equal([2, 1, 0], RankAllocator.Allocate([[0.5, 0.5], [0.5, 0.5], [0.5, 0.5]], 3));
        Assert.Equal([1, 2, 1], RankAllocator.Allocate([[0.5, 0.1], [0.6, 0.5], [0.5, 0.1]], 4));
    }

    [Theory]
    [InlineData(EvaRankCriterion.Ratio, new[] { 0.36, 0.16 })]
    [InlineData(EvaRankCriterion.Raw, new[] { 9, 4.0 })]
    [InlineData(EvaRankCriterion.Sum, new[] { 9 / 13.0, 4 / 13.0 })]
    [InlineData(EvaRankCriterion.Maximum, new[] { 1, 4 / 9.0 })]
    [InlineData(EvaRankCriterion.Literal, new[] { 0.9, 0.4 })]
    public void Values_OfCriterion_FollowsItsFormula(EvaRankCriterion criterion, double[] expected)
    {
        using var components = new PrincipalComponents(eye(2), [6, 4], totalScatter: 100, rowCount: 5);
        Assert.Equal(expected, RankAllocator.Values(criterion, components), (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Theory]
    [InlineData(EvaRankCriterion.Ratio)]
    [InlineData(EvaRankCriterion.Sum)]
    [InlineData(EvaRankCriterion.Maximum)]
    [InlineData(EvaRankCriterion.Literal)]
    public void Values_WithoutVariance_AreZero(EvaRankCriterion criterion)
    {
        using var components = new PrincipalComponents(eye(2), [0, 0], totalScatter: 0, rowCount: 5);
        Assert.Equal([0, 0], RankAllocator.Values(criterion, components));
    }
}
