using Microsoft.ML.Data;

namespace Microsoft.ML.Eva.Benchmarks;

/// <summary>Transform over all texts against one PredictionEngine call per text, on MiniLM.</summary>
internal static class InferSuite
{
    public static object Run(SuiteSettings settings)
    {
        var ml = new MLContext(seed: 1);
        var rows = settings.Texts.Select((text, i) => new Row { Text = text, Label = i % 2 == 0 ? "a" : "b" }).ToList();
        var data = ml.Data.LoadFromEnumerable(rows);
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label").Append(ml.MulticlassClassification.Trainers.EvaLora(new EvaLoraTextOptions
        {
            Sentence1ColumnName = nameof(Row.Text),
            MaxTokens = 128,
            Adapter = new LoraOptions { Initialization = new RandomOptions() },
            Training = new TrainingOptions { Epochs = 1 },
        }));
        var model = pipeline.Fit(ml.Data.TakeRows(data, 64));
        using var engine = ml.Model.CreatePredictionEngine<Row, Prediction>(model, new PredictionEngineOptions { OwnsTransformer = false });
        float[][] batched = [], single = [];

        var seconds = settings.Medians(
            () => batched = [.. model.Transform(data).GetColumn<float[]>("Score")],
            () => single = [.. rows.Select(row => engine.Predict(row).Score.ToArray())]);

        return new
        {
            Rows = rows.Count,
            TransformRowsPerSecond = rows.Count / seconds[0],
            EngineRowsPerSecond = rows.Count / seconds[1],
            Ratio = seconds[1] / seconds[0],
            LargestScoreDifference = batched.Zip(single).Max(pair => pair.First.Zip(pair.Second).Max(scores => Math.Abs(scores.First - scores.Second))),
            Threads = TorchSharp.torch.get_num_threads(),
        };
    }

    private sealed class Row
    {
        public string Text { get; set; } = "";

        public string Label { get; set; } = "";
    }

    private sealed class Prediction
    {
        public float[] Score { get; set; } = [];
    }
}
