using GlueClassification.Reading;
using Spectre.Console;

namespace GlueClassification.Showing;

/// <summary>A few test rows with what the model says: some that it gets right, and the mistakes it is surest of.</summary>
internal static class ExamplesScreen
{
    private const int RowsOfEach = 6;
    private const int LongestText = 160;

    public static void Show(IReadOnlyList<Example> rows, IReadOnlyList<Prediction> predictions)
    {
        var pairs = rows.Zip(predictions, (row, prediction) => (Row: row, Prediction: prediction)).ToList();
        var right = pairs.Where(pair => pair.Row.Label == pair.Prediction.PredictedLabel).DistinctBy(pair => pair.Row.Label).Take(RowsOfEach);
        var wrong = pairs.Where(pair => pair.Row.Label != pair.Prediction.PredictedLabel).OrderByDescending(pair => pair.Prediction.Score.Max()).Take(RowsOfEach);
        var table = new Table().Border(TableBorder.Rounded).Title("Examples").AddColumns("text", "predicted", "probability", "truth");
        foreach (var (row, prediction) in right.Concat(wrong))
        {
            var colour = row.Label == prediction.PredictedLabel ? "green" : "red";
            table.AddRow(Text(row).EscapeMarkup(), $"[{colour}]{prediction.PredictedLabel.EscapeMarkup()}[/]", $"{prediction.Score.Max():p0}", row.Label.EscapeMarkup());
        }
        AnsiConsole.Write(table);
    }

    private static string Text(Example row)
    {
        var text = (row.Pair.Length > 0 ? $"{row.Text} / {row.Pair}" : row.Text).ReplaceLineEndings(" ");
        return text.Length <= LongestText ? text : string.Concat(text.AsSpan(0, LongestText), "...");
    }
}
