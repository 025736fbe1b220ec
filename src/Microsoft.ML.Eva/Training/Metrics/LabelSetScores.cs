namespace Microsoft.ML.Eva.Training.Metrics;

/// <summary>
/// Scores of rows that may have any of several labels, beside the truth. One entry of both lists per row, one number per label.
/// </summary>
internal sealed class LabelSetScores
{
    private readonly List<float[]> _scores = [];
    private readonly List<bool[]> _truths = [];

    /// <summary>Number of rows.</summary>
    public int Count => _scores.Count;

    private int Labels => _scores.Count == 0 ? 0 : _scores[0].Length;

    /// <summary>Adds a row.</summary>
    public void Add(float[] scores, bool[] truth)
    {
        _scores.Add(scores);
        _truths.Add(truth);
    }

    /// <summary>F1 of all labels' hits and misses together, where a label is predicted from <paramref name="threshold"/> on; 0 where nothing is true or predicted.</summary>
    public double F1Micro(float threshold)
    {
        var counts = Enumerable.Range(0, Labels).Select(label => CountsOf(label, threshold)).ToList();
        return F1(counts.Sum(count => count.Hits), counts.Sum(count => count.Predicted), counts.Sum(count => count.True));
    }

    /// <summary>The mean F1 of the labels that occur, in truth or prediction; 0 where none does.</summary>
    public double F1Macro(float threshold) => Enumerable.Range(0, Labels).Select(label => CountsOf(label, threshold))
        .Where(count => count.Predicted + count.True > 0).Select(count => F1(count.Hits, count.Predicted, count.True)).DefaultIfEmpty(0).Average();

    /// <summary>The fraction of rows whose labels are all as predicted.</summary>
    public double SubsetAccuracy(float threshold) => Count == 0 ? 0
        : (double)Enumerable.Range(0, Count).Count(row => Enumerable.Range(0, Labels).All(label => IsRight(row, label, threshold))) / Count;

    /// <summary>The fraction of all labels of all rows that are not as predicted.</summary>
    public double HammingLoss(float threshold) => Count * Labels == 0 ? 0
        : Enumerable.Range(0, Count).Sum(row => Enumerable.Range(0, Labels).Count(label => !IsRight(row, label, threshold))) / ((double)Count * Labels);

    /// <summary>The mean, over the labels that some row has, of the average precision: how far the rows with the label stand before those without when sorted by score. NaN where no label occurs.</summary>
    public double MeanAveragePrecision() =>
        Enumerable.Range(0, Labels).Where(label => _truths.Exists(truth => truth[label])).Select(AveragePrecision).DefaultIfEmpty(double.NaN).Average();

    // Σ (recallₙ − recallₙ₋₁) · precisionₙ over the distinct scores; rows of equal score come in together.
    private double AveragePrecision(int label)
    {
        var order = Enumerable.Range(0, Count).OrderByDescending(row => _scores[row][label]).ToArray();
        double total = order.Count(row => _truths[row][label]), hits = 0, sum = 0;
        for (int start = 0, end; start < order.Length; start = end)
        {
            var before = hits;
            for (end = start; end < order.Length && _scores[order[end]][label] == _scores[order[start]][label]; end++)
                hits += _truths[order[end]][label] ? 1 : 0;
            sum += (hits - before) / total * (hits / end);
        }
        return sum;
    }

    private bool IsRight(int row, int label, float threshold) => _scores[row][label] >= threshold == _truths[row][label];

    private (long Hits, long Predicted, long True) CountsOf(int label, float threshold)
    {
        long hits = 0, predicted = 0, actual = 0;
        for (var row = 0; row < Count; row++)
        {
            var (isPredicted, isTrue) = (_scores[row][label] >= threshold, _truths[row][label]);
            hits += isPredicted && isTrue ? 1 : 0;
            predicted += isPredicted ? 1 : 0;
            actual += isTrue ? 1 : 0;
        }
        return (hits, predicted, actual);
    }

    private static double F1(long hits, long predicted, long actual) => predicted + actual == 0 ? 0 : 2.0 * hits / (predicted + actual);
}
