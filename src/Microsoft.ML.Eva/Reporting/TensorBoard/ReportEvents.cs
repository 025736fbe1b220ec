namespace Microsoft.ML.Eva.Reporting.TensorBoard;

/// <summary>Writes a finished run's numbers as events.</summary>
internal static class ReportEvents
{
    /// <summary>The names of the series, the same after training as during it.</summary>
    public const string Loss = "train/loss", LearningRate = "train/learning_rate", GradientNorm = "train/gradient_norm", ValidationLoss = "validation/loss";

    /// <summary>The series of the validation metric of that name.</summary>
    public static string Metric(string? name) => $"validation/{(string.IsNullOrEmpty(name) ? "metric" : name)}";

    /// <summary>Writes one file into <paramref name="folder"/>.</summary>
    public static void Write(TrainingReport report, string folder)
    {
        using var file = EventFile.Create(folder);
        Add(file, "eva/mean_similarity", report.EvaSimilarities, 1);
        Add(file, "eva/stable_layers", [.. report.EvaStableLayers.Select(count => (double)count)], 1);
        Add(file, Loss, [.. report.Losses.Select(loss => (double)loss)], 1);
        Add(file, LearningRate, report.LearningRates, 1);
        Add(file, GradientNorm, [.. report.GradientNorms.Select(norm => (double)norm)], 1);
        Add(file, ValidationLoss, report.ValidationLosses, report.StepsPerEpoch);
        Add(file, Metric(report.MetricName), report.ValidationMetrics, report.StepsPerEpoch);
        foreach (var (name, values) in report.FurtherMetrics)
            Add(file, Metric(name), values, report.StepsPerEpoch);
    }

    // Steps count from 1, as training's progress does.
    private static void Add(EventFile file, string tag, IReadOnlyList<double> values, int stepsPerValue)
    {
        for (var i = 0; i < values.Count; i++)
            if (double.IsFinite(values[i]))
                file.Add(tag, (long)(i + 1) * Math.Max(1, stepsPerValue), values[i]);
    }
}
