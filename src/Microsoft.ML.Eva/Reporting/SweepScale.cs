namespace Microsoft.ML.Eva.Reporting;

/// <summary>The vertical axis of a sweep's picture: a little more than the metrics' range, with ticks at round numbers.</summary>
internal sealed class SweepScale
{
    private readonly double _least;
    private readonly double _most;
    private readonly double _top;
    private readonly double _height;

    /// <summary>A scale for these metrics, at least one, between two heights of the picture.</summary>
    public SweepScale(IEnumerable<double> metrics, double top, double height)
    {
        var values = metrics.ToList();
        var (least, most) = (values.Min(), values.Max());
        var margin = most > least ? 0.05 * (most - least) : Math.Max(1e-3, 0.05 * Math.Abs(most));
        (_least, _most, _top, _height) = (least - margin, most + margin, top, height);
        var step = Math.Pow(10, Math.Floor(Math.Log10(_most - _least)));
        step *= ((_most - _least) / step) switch { < 2 => 0.2, < 5 => 0.5, _ => 1.0 };
        Ticks = [.. Enumerable.Range(0, 12).Select(i => (Math.Ceiling(_least / step) + i) * step).Where(tick => tick <= _most)];
        Format = step >= 1 ? "0" : "0." + new string('0', Math.Min(6, (int)Math.Ceiling(-Math.Log10(step))));
    }

    /// <summary>Round numbers within the range.</summary>
    public IReadOnlyList<double> Ticks { get; }

    /// <summary>The number format in which the ticks differ.</summary>
    public string Format { get; }

    /// <summary>The height of a metric.</summary>
    public double Y(double metric) => _top + _height * (_most - metric) / (_most - _least);
}
