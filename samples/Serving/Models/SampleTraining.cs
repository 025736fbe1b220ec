using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Eva;

namespace Serving.Models;

/// <summary>Trains on the repository's sample messages, for a server that has no models of its own.</summary>
internal static class SampleTraining
{
    /// <summary>A model of <paramref name="classOf"/> of each message's intent, over the backbone it shares with others.</summary>
    public static EvaTransformer Fit(MLContext ml, Func<string, string> classOf, CancellationToken stop = default)
    {
        var rows = Read(ml, "intents-train.csv").Select(row => new Message { Text = row.Text, Label = classOf(row.Label) });
        var data = ml.Data.LoadFromEnumerable(rows.ToList());
        var keyed = ml.Transforms.Conversion.MapValueToKey(nameof(Message.Label)).Fit(data).Transform(data);
        return ml.MulticlassClassification.Trainers.EvaLora(new EvaLoraTextOptions
        {
            Sentence1ColumnName = nameof(Message.Text),
            MaxTokens = 128,
            MergesAdapter = false,
            Training = new TrainingOptions { Epochs = 4, CancellationToken = stop },
        }).Fit(keyed);
    }

    /// <summary>The messages of one of the sample's files.</summary>
    public static IReadOnlyList<Row> Read(MLContext ml, string file) =>
        [.. ml.Data.CreateEnumerable<Row>(ml.Data.LoadFromTextFile<Row>(Path.Combine(AppContext.BaseDirectory, "data", file), Format), reuseRowObject: false)];

    private static TextLoader.Options Format => new() { Separators = [','], HasHeader = true, AllowQuoting = true, ReadMultilines = true };

    /// <summary>A message with its intent.</summary>
    internal sealed class Row
    {
        [LoadColumn(0)]
        public string Text { get; set; } = "";

        [LoadColumn(1)]
        public string Label { get; set; } = "";
    }
}
