using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Training.Metrics;

/// <summary>A metric that depends on which class was predicted for which.</summary>
internal sealed class ClassificationMetric : Metric
{
    private readonly Func<ConfusionMatrix, double> _read;

    private ClassificationMetric(string name, Func<ConfusionMatrix, double> read) => (Name, _read) = (name, read);

    /// <summary>The fraction of rows whose class was predicted.</summary>
    public static ClassificationMetric Accuracy() => new("Accuracy", matrix => matrix.Accuracy);

    /// <summary>F1 of class 1.</summary>
    public static ClassificationMetric F1Binary() => new("F1", matrix => matrix.F1(1));

    /// <summary>The mean of every class's F1.</summary>
    public static ClassificationMetric F1Macro() => new("MacroF1", matrix => matrix.F1Macro);

    /// <summary>F1 of all classes' hits and misses together.</summary>
    public static ClassificationMetric F1Micro() => new("MicroF1", matrix => matrix.F1Micro);

    /// <summary>Matthews' correlation between classes and predictions.</summary>
    public static ClassificationMetric MatthewsCorrelation() => new("MatthewsCorrelation", matrix => matrix.MatthewsCorrelation);

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override double Value => _read(Matrix);

    /// <summary>The counts behind the value.</summary>
    public ConfusionMatrix Matrix { get; } = new();

    /// <inheritdoc/>
    public override void Add(Tensor outputs, Tensor labels)
    {
        using var scope = NewDisposeScope();
        var predicted = outputs.argmax(1).cpu().data<long>();
        var actual = labels.cpu().data<long>();
        for (var i = 0L; i < actual.Count; i++)
            Matrix.Add((int)actual[i], (int)predicted[i]);
    }
}
