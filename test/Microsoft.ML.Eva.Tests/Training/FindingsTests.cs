using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Training;

public sealed class FindingsTests
{
    [Theory]
    [InlineData(200, 5)]
    [InlineData(7, 2)]
    public void Collector_RandomRows_FindsWhatSortingAllFinds(int rowCount, int classes)
    {
        using var scope = NewDisposeScope();
        var random = new Random(rowCount);
        var logits = Enumerable.Range(0, rowCount).Select(_ => Enumerable.Range(0, classes).Select(_ => (float)(random.NextDouble() * 4)).ToArray()).ToArray();
        var labels = logits.Select(_ => random.Next(classes)).ToArray();
        var collector = new FindingsCollector();
        foreach (var rows in Enumerable.Range(0, rowCount).OrderBy(_ => random.Next()).Chunk(16))
        {
            using var batch = new Batch { Inputs = zeros(rows.Length, 1), Labels = tensor(rows.Select(row => (long)labels[row]).ToArray()), Rows = rows };
            collector.Add(tensor(rows.SelectMany(row => logits[row]).ToArray(), [rows.Length, classes]), batch);
        }

        var findings = collector.Findings;

        var expected = Enumerable.Range(0, rowCount).Select(row => (Row: row, P: Probability(logits[row], labels[row]))).OrderBy(entry => entry.P).Take(FindingsCollector.MostRows).ToList();
        Assert.Equal(expected.Select(entry => (long)entry.Row), findings.HardRows.Select(row => row.Row));
        Assert.All(expected.Zip(findings.HardRows), pair => Assert.Equal(pair.First.P, pair.Second.Probability, 5));
        Assert.All(findings.HardRows, row => Assert.Equal(Array.IndexOf(logits[row.Row], logits[row.Row].Max()), row.Predicted));
        var counts = Enumerable.Range(0, rowCount).GroupBy(row => (labels[row], Array.IndexOf(logits[row], logits[row].Max()))).OrderBy(group => group.Key).Select(group => new ConfusionCount(group.Key.Item1, group.Key.Item2, group.Count()));
        Assert.Equal(counts, findings.Confusion);
    }

    [Fact]
    public void Collector_RowsAlike_KeepsTheFirst()
    {
        using var scope = NewDisposeScope();
        var collector = new FindingsCollector();
        foreach (var rows in Enumerable.Range(0, 50).Reverse().Chunk(7))
        {
            using var batch = new Batch { Inputs = zeros(rows.Length, 1), Labels = zeros(rows.Length, dtype: int64), Rows = rows };
            collector.Add(zeros(rows.Length, 3), batch);
        }

        Assert.Equal(Enumerable.Range(0, FindingsCollector.MostRows).Select(row => (long)row), collector.Findings.HardRows.Select(row => row.Row));
    }

    private static double Probability(float[] logits, int label) => Math.Exp(logits[label]) / logits.Sum(logit => Math.Exp(logit));
}
