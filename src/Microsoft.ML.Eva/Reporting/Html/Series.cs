namespace Microsoft.ML.Eva.Reporting.Html;

/// <summary>One curve of a chart.</summary>
/// <param name="Name">What it shows; curves with an empty name are left out of the legend.</param>
/// <param name="Points">Where it goes; it is interrupted where a value is not finite.</param>
/// <param name="Style">The name of its look in the page's style sheet: a, b, c, or faint.</param>
internal sealed record Series(string Name, IReadOnlyList<(double X, double Y)> Points, string Style)
{
    /// <summary>A colour in place of the style's, for curves in an order.</summary>
    public string? Color { get; init; }

    /// <summary>Whether every point is marked.</summary>
    public bool HasMarks { get; init; }

    /// <summary>Values at 1, 2, 3, …, drawn as at most <paramref name="most"/> points: each is then the mean of as many neighbours.</summary>
    public static IReadOnlyList<(double X, double Y)> FromOne(IReadOnlyList<double> values, int most)
    {
        var together = Math.Max(1, (values.Count + most - 1) / most);
        return [.. Enumerable.Range(0, (values.Count + together - 1) / together).Select(i =>
        {
            var count = Math.Min(together, values.Count - i * together);
            return (i * together + (count + 1) / 2.0, values.Skip(i * together).Take(count).Average());
        })];
    }

    /// <summary>The mean of each value and those before it, at most <paramref name="window"/> of them.</summary>
    public static IReadOnlyList<double> RunningMean(IReadOnlyList<double> values, int window)
    {
        var means = new double[values.Count];
        var sum = 0.0;
        for (var i = 0; i < values.Count; i++)
        {
            sum += values[i] - (i >= window ? values[i - window] : 0);
            means[i] = sum / Math.Min(i + 1, window);
        }
        return means;
    }
}
