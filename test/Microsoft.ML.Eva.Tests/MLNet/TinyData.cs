using Microsoft.ML.Data;

namespace Microsoft.ML.Eva.Tests.MLNet;

/// <summary>A task that a network with two narrow layers learns in a second, and the pipeline for it.</summary>
internal static class TinyData
{
    private static readonly string[] Subjects = ["the order", "my card", "this hotel", "their food", "our trip", "the box", "it all", "the film"];

    /// <summary>Rows whose label follows from one word.</summary>
    public static List<Row> Rows(int count = 64) =>
        [.. Enumerable.Range(0, count).Select(i => new Row
        {
            Id = i,
            Text = $"{Subjects[i % Subjects.Length]} was {string.Concat(Enumerable.Repeat("really ", i % 5))}{(i % 2 == 0 ? "good" : "bad")} on day {i % 7}",
            Label = i % 2 == 0 ? "good" : "bad",
        })];

    /// <summary>A checkpoint of some thousand random weights, with its tokenizer.</summary>
    public static Checkpoint Checkpoint { get; } = Checkpoint.FromFolder(
        Path.Combine(Fixture.RepositoryRoot, "test", "Microsoft.ML.Eva.Tests", "Fixtures", "models", "bert-with-tokenizer"));

    /// <summary>Options that learn the task.</summary>
    public static EvaLoraTextOptions TinyOptions(int epochs = 8) => new()
    {
        Sentence1ColumnName = nameof(Row.Text),
        Checkpoint = Checkpoint,
        Head = HeadKind.Mean,
        Adapter = new LoraOptions { Rank = 2, Alpha = 2, Initialization = new EvaOptions { BatchSize = 16, MaxBatches = 8 } },
        Training = new TrainingOptions { Epochs = epochs, BatchSize = 8, LearningRate = 2e-2, Dropout = 0 },
    };

    /// <summary>The estimator alone, without a key in front of it.</summary>
    public static EvaLoraTextClassificationEstimator Trainer(this MLContext ml, EvaLoraTextOptions? options = null) =>
        ml.MulticlassClassification.Trainers.EvaLora(options ?? TinyOptions());

    /// <summary>Label to key, trainer, key to value.</summary>
    public static IEstimator<ITransformer> Pipeline(this MLContext ml, EvaLoraTextOptions? options = null) =>
        ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.Trainer(options))
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

    /// <summary>The fitted model of ours within a chain.</summary>
    public static EvaTransformer Eva(this ITransformer model) => ((IEnumerable<ITransformer>)model).OfType<EvaTransformer>().Single();

    /// <summary>What an estimator is told of data before it sees any; ML.NET keeps the factory to itself.</summary>
    public static SchemaShape ShapeOf(DataViewSchema schema) => (SchemaShape)typeof(SchemaShape)
        .GetMethod("Create", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!.Invoke(null, [schema])!;

    /// <summary>What AutoML does to the context of every trial once it is done; ML.NET keeps the method to itself and its own.</summary>
    public static void Cancel(this MLContext ml) => typeof(MLContext)
        .GetMethod("CancelExecution", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.Instance)!.Invoke(ml, null);

    /// <summary>All scores of a view.</summary>
    public static float[][] Scores(this IDataView data) => [.. data.GetColumn<float[]>("Score")];

    internal sealed class Row
    {
        public int Id { get; set; }

        public string? Text { get; set; }

        public string? Label { get; set; }
    }

    internal sealed class Prediction
    {
        public string PredictedLabel { get; set; } = "";

        public float[] Score { get; set; } = [];
    }
}
