using System.Text.Json;
using Microsoft.ML.Eva.Training.Metrics;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Training.Metrics;

[Trait("Category", "Fixtures")]
public class MetricsTests
{
    private static double Tolerance => Fixture.Json("peft_manifest.json").GetProperty("tolerances").GetProperty("metrics").GetProperty("value").GetDouble();

    [Fact]
    public void Value_ReferenceClasses_EqualsReference()
    {
        foreach (var @case in Fixture.Json("training", "metrics.json").GetProperty("classification").EnumerateArray())
        {
            var labels = @case.GetProperty("labels").EnumerateArray().Select(x => x.GetInt64()).ToArray();
            var predictions = @case.GetProperty("predictions").EnumerateArray().Select(x => x.GetInt64()).ToArray();
            using var outputs = nn.functional.one_hot(tensor(predictions), Math.Max(labels.Max(), predictions.Max()) + 1).to(float32);
            AssertValue(ClassificationMetric.Accuracy(), outputs, tensor(labels), @case, "accuracy");
            AssertValue(ClassificationMetric.F1Binary(), outputs, tensor(labels), @case, "f1_binary");
            AssertValue(ClassificationMetric.F1Macro(), outputs, tensor(labels), @case, "f1_macro");
            AssertValue(ClassificationMetric.F1Micro(), outputs, tensor(labels), @case, "f1_micro");
            AssertValue(ClassificationMetric.MatthewsCorrelation(), outputs, tensor(labels), @case, "matthews");
        }
    }

    [Fact]
    public void Value_ReferenceNumbers_EqualsReference()
    {
        foreach (var @case in Fixture.Json("training", "metrics.json").GetProperty("regression").EnumerateArray())
        {
            var labels = tensor(@case.GetProperty("labels").EnumerateArray().Select(x => x.GetDouble()).ToArray());
            var outputs = tensor(@case.GetProperty("predictions").EnumerateArray().Select(x => x.GetDouble()).ToArray());
            AssertValue(RegressionMetric.Pearson(), outputs, labels, @case, "pearson");
            AssertValue(RegressionMetric.Spearman(), outputs, labels, @case, "spearman");
            AssertValue(RegressionMetric.MeanSquaredError(), outputs, labels, @case, "mse");
        }
    }

    [Fact]
    public void IsBetter_UndefinedValue_NeverIs()
    {
        Assert.False(RegressionMetric.Pearson().IsBetter(double.NaN, null));
        Assert.True(RegressionMetric.MeanSquaredError().IsBetter(1, 2));
        Assert.False(RegressionMetric.Pearson().IsBetter(1, 2));
    }

    // in three batches, so that a metric that forgets the ones before is found out
    private static void AssertValue(Metric metric, Tensor outputs, Tensor labels, JsonElement @case, string name)
    {
        if (!@case.TryGetProperty(name, out var expected) || expected.ValueKind != JsonValueKind.Number)
            return;
        foreach (var (someOutputs, someLabels) in outputs.tensor_split(3).Zip(labels.tensor_split(3)))
            metric.Add(someOutputs, someLabels);
        Assert.True(Math.Abs(expected.GetDouble() - metric.Value) <= Tolerance, $"{name}: {metric.Value}, expected {expected}");
    }
}
