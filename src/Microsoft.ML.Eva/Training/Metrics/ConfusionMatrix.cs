namespace Microsoft.ML.Eva.Training.Metrics;

/// <summary>How often each class was predicted as each. Grows to the classes it sees.</summary>
internal sealed class ConfusionMatrix
{
    private long[,] _counts = new long[2, 2];

    /// <summary>One more than the largest class seen.</summary>
    public int ClassCount { get; private set; }

    /// <summary>Rows counted.</summary>
    public long Total { get; private set; }

    /// <summary>Rows of class <paramref name="actual"/> predicted as <paramref name="predicted"/>.</summary>
    public long this[int actual, int predicted] => _counts[actual, predicted];

    /// <summary>The fraction on the diagonal; 0 without rows.</summary>
    public double Accuracy => Ratio(Classes.Sum(c => _counts[c, c]), Total);

    /// <summary>With one label per row every false positive is another class's false negative, so this equals the accuracy.</summary>
    public double F1Micro => Accuracy;

    /// <summary>The mean F1 of the classes that occur, as labels or as predictions; 0 without rows.</summary>
    public double F1Macro => Classes.Where(c => RowSum(c) + ColumnSum(c) > 0).Select(F1).DefaultIfEmpty(0).Average();

    /// <summary>The correlation coefficient of classes and predictions for any number of classes (Gorodkin's R_K); 0 where undefined.</summary>
    public double MatthewsCorrelation
    {
        get
        {
            double hits = Classes.Sum(c => _counts[c, c]);
            double total = Total;
            var joint = Classes.Sum(c => (double)RowSum(c) * ColumnSum(c));
            var ofLabels = total * total - Classes.Sum(c => Math.Pow(RowSum(c), 2));
            var ofPredictions = total * total - Classes.Sum(c => Math.Pow(ColumnSum(c), 2));
            return Ratio(hits * total - joint, Math.Sqrt(ofLabels) * Math.Sqrt(ofPredictions));
        }
    }

    private IEnumerable<int> Classes => Enumerable.Range(0, ClassCount);

    /// <summary>Counts one row.</summary>
    public void Add(int actual, int predicted)
    {
        ClassCount = Math.Max(ClassCount, Math.Max(actual, predicted) + 1);
        if (ClassCount > _counts.GetLength(0))
            Grow(Math.Max(ClassCount, 2 * _counts.GetLength(0)));
        _counts[actual, predicted]++;
        Total++;
    }

    /// <summary>The harmonic mean of one class's precision and recall; 0 where the class occurs nowhere.</summary>
    public double F1(int @class) =>
        @class < ClassCount ? Ratio(2 * _counts[@class, @class], RowSum(@class) + ColumnSum(@class)) : 0;

    private long RowSum(int c) => Classes.Sum(other => _counts[c, other]);

    private long ColumnSum(int c) => Classes.Sum(other => _counts[other, c]);

    private static double Ratio(double numerator, double denominator) => denominator == 0 ? 0 : numerator / denominator;

    private void Grow(int size)
    {
        var grown = new long[size, size];
        for (var i = 0; i < _counts.GetLength(0); i++)
            for (var j = 0; j < _counts.GetLength(1); j++)
                grown[i, j] = _counts[i, j];
        _counts = grown;
    }
}
