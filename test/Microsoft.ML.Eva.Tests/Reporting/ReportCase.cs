namespace Microsoft.ML.Eva.Tests.Reporting;

/// <summary>A report with something in every part.</summary>
internal static class ReportCase
{
    public static TrainingReport Create(params string[] classes)
    {
        var layers = Enumerable.Range(0, 3).SelectMany(block => new[] { "attention.self.query", "attention.self.key", "output.dense" }.Select(module => $"encoder.layer.{block}.{module}")).ToList();
        return new TrainingReport
        {
            Checkpoint = "all-MiniLM-L6-v2",
            Method = "Lora, Eva",
            Rows = 360,
            TrainableParameters = 123_456,
            Ranks = layers.Select((layer, i) => (layer, i)).ToDictionary(entry => entry.layer, entry => entry.i),
            ExplainedVariance = layers.ToDictionary(layer => layer, layer => layer.Contains("self") ? new[] { 0.5, 0.2, 0.1 } : [0.3, 0.2]),
            EvaBatches = 3,
            EvaTau = 0.99,
            EvaSimilarities = [double.NaN, 0.8, 0.995],
            EvaStableLayers = [0, 4, 9],
            Losses = [2, 1.5f, 1.25f, 1, 0.75f, 0.5f],
            GradientNorms = [3, 2, 1, 1, 1, 0.5f],
            LearningRates = [1e-3, 8e-4, 6e-4, 4e-4, 2e-4, 0],
            StepsPerEpoch = 3,
            ValidationLosses = [0.9, 0.7],
            ValidationMetrics = [0.625, 0.75],
            MetricName = "Accuracy",
            FurtherMetrics = new Dictionary<string, double[]> { ["MacroF1"] = [0.5, 0.625] },
            BestEpoch = 2,
            Classes = classes.Length == 0 ? ["delivery", "refund"] : classes,
            Confusion = [new ConfusionCount(0, 0, 5), new ConfusionCount(0, 1, 2), new ConfusionCount(1, 1, 1)],
            HardRows = [new HardRow { Row = 17, Actual = 0, Predicted = 1, Probability = 0.02, PredictedProbability = 0.98, Text = "Where is it?" }],
            Settings = new Dictionary<string, string> { ["Adapter.Rank"] = "8" },
            Environment = new Dictionary<string, string> { ["Device"] = "cpu" },
            SecondsLoad = 1,
            SecondsEva = 2,
            SecondsTrain = 30,
        };
    }
}
