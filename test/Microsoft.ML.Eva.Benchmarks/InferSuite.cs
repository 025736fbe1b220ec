using Microsoft.ML.Data;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Scoring;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Benchmarks;

/// <summary>
/// Scoring with MiniLM: Transform over all texts against ONNX Runtime with padded batches on the same tokens, against one forward
/// pass per row (the road of ML.NET's own TextClassification, which cannot be run beside TorchSharp 0.107: our network stands in
/// for its encoder), and PredictionEngine against ONNX Runtime row by row.
/// </summary>
internal static class InferSuite
{
    private const int BatchSize = 32;

    public static object Run(SuiteSettings settings)
    {
        var ml = new MLContext(seed: 1);
        var rows = settings.Texts.Select((text, i) => new Row { Text = text, Label = i % 2 == 0 ? "a" : "b" }).ToList();
        var data = ml.Data.LoadFromEnumerable(rows);
        using var model = Fit(ml, data, settings.MaxTokens);
        using var engine = ml.Model.CreatePredictionEngine<Row, Prediction>(model, new PredictionEngineOptions { OwnsTransformer = false });
        using var network = MiniLmSetup.CreateNetwork();
        var input = TextInput.Create(network, [nameof(Row.Text)], settings.MaxTokens);
        using var onnx = new OnnxEncoder(input.Tokenizer, settings.MaxTokens);
        var encoded = settings.Texts.Select(text => new TextInput.TextRow(input.Tokenizer.Encode(text, null, settings.MaxTokens))).ToList();
        var single = rows.Where((_, i) => i % Math.Max(1, rows.Count / settings.SingleRows) == 0).ToList();
        var singleTexts = single.Select(row => row.Text).ToList();
        float[][] batched = [], alone = [], rounded = [];

        var seconds = settings.Medians(
            () => batched = [.. model.Transform(data).GetColumn<float[]>("Score")],
            () => onnx.Run(settings.Texts, BatchSize, isSorted: false),
            () => onnx.Run(settings.Texts, BatchSize, isSorted: true),
            () => settings.Texts.Sum(text => input.Tokenizer.Encode(text, null, settings.MaxTokens).Ids.Length),
            () => alone = [.. single.Select(row => engine.Predict(row).Score.ToArray())],
            () => onnx.Run(singleTexts, 1, isSorted: false),
            () => OneByOne(network, input, encoded.Where((_, i) => i % Math.Max(1, rows.Count / settings.SingleRows) == 0)),
            () => InBFloat16(() => rounded = [.. model.Transform(data).GetColumn<float[]>("Score")]),
            () => InBFloat16(() => single.ForEach(row => engine.Predict(row))));

        void InBFloat16(Action score)
        {
            model.LastTransformer.Precision = ComputePrecision.BFloat16;
            score();
            model.LastTransformer.Precision = ComputePrecision.Float32;
        }

        double PerSecond(int i) => (i is < 4 or 7 ? rows.Count : single.Count) / seconds[i];
        return new
        {
            Rows = rows.Count,
            SingleRows = single.Count,
            MeanTokens = encoded.Average(row => row.Length),
            MostTokens = encoded.Max(row => row.Length),
            Threads = get_num_threads(),
            TransformRowsPerSecond = PerSecond(0),
            OnnxRuntimeRowsPerSecond = PerSecond(1),
            OnnxRuntimeSortedRowsPerSecond = PerSecond(2),
            TokenizerRowsPerSecond = PerSecond(3),
            EngineRowsPerSecond = PerSecond(4),
            OnnxRuntimeSingleRowsPerSecond = PerSecond(5),
            OneForwardPerRowRowsPerSecond = PerSecond(6),
            TransformBFloat16RowsPerSecond = PerSecond(7),
            EngineBFloat16RowsPerSecond = PerSecond(8),
            TransformToOnnxRuntime = PerSecond(0) / PerSecond(1),
            TransformToOnnxRuntimeSorted = PerSecond(0) / PerSecond(2),
            TransformToEngine = PerSecond(0) / PerSecond(4),
            TransformToOneForwardPerRow = PerSecond(0) / PerSecond(6),
            EngineLatencyToOnnxRuntime = PerSecond(5) / PerSecond(4),
            TransformBFloat16ToOnnxRuntime = PerSecond(7) / PerSecond(1),
            TransformBFloat16ToOnnxRuntimeSorted = PerSecond(7) / PerSecond(2),
            TransformBFloat16ToOneForwardPerRow = PerSecond(7) / PerSecond(6),
            EngineBFloat16LatencyToOnnxRuntime = PerSecond(5) / PerSecond(8),
            LargestBFloat16ScoreDifference = batched.Zip(rounded).Max(pair => pair.First.Zip(pair.Second).Max(scores => Math.Abs(scores.First - scores.Second))),
            LargestScoreDifference = single.Zip(alone).Max(pair => pair.Second.Zip(batched[rows.IndexOf(pair.First)]).Max(scores => Math.Abs(scores.First - scores.Second))),
        };
    }

    private static TransformerChain<EvaTransformer> Fit(MLContext ml, IDataView data, int maxTokens) => ml.Transforms.Conversion.MapValueToKey("Label")
        .Append(ml.MulticlassClassification.Trainers.EvaLora(new EvaLoraTextOptions
        {
            Sentence1ColumnName = nameof(Row.Text),
            MaxTokens = maxTokens,
            Adapter = new LoraOptions { Initialization = new RandomOptions() },
            Training = new TrainingOptions { Epochs = 1 },
        })).Fit(ml.Data.TakeRows(data, 16));

    private static void OneByOne(Network network, TextInput input, IEnumerable<EncodedRow> rows)
    {
        using var mode = inference_mode();
        foreach (var row in rows)
        {
            using var scope = NewDisposeScope();
            using var batch = input.ToBatch([row], CPU);
            network.Forward(batch, ForwardMode.Evaluation).softmax(-1).data<float>().ToArray();
        }
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
