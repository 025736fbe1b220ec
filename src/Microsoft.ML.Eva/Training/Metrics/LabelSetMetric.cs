using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Training.Metrics;

/// <summary>A metric of rows that may have any of several labels.</summary>
internal sealed class LabelSetMetric : Metric
{
    private readonly Func<LabelSetScores, double> _read;
    private readonly LabelSetScores _scores = new();

    private LabelSetMetric(string name, Func<LabelSetScores, double> read) => (Name, _read) = (name, read);

    /// <summary>F1 of all labels' hits and misses together.</summary>
    public static LabelSetMetric F1Micro(float threshold) => new("MicroF1", scores => scores.F1Micro(threshold));

    /// <summary>The mean of every label's F1.</summary>
    public static LabelSetMetric F1Macro(float threshold) => new("MacroF1", scores => scores.F1Macro(threshold));

    /// <summary>The mean of every label's average precision.</summary>
    public static LabelSetMetric MeanAveragePrecision() => new("MeanAveragePrecision", scores => scores.MeanAveragePrecision());

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override double Value => _read(_scores);

    /// <inheritdoc/>
    public override void Add(Tensor outputs, Tensor labels)
    {
        using var scope = NewDisposeScope();
        var width = (int)outputs.shape[1];
        var probabilities = outputs.sigmoid().to_type(ScalarType.Float32).cpu().data<float>().ToArray();
        var truths = labels.cpu().data<float>().ToArray();
        for (var start = 0; start < truths.Length; start += width)
            _scores.Add(probabilities[start..(start + width)], Array.ConvertAll(truths[start..(start + width)], truth => truth > 0.5f));
    }
}
