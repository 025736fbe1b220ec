using System.Globalization;
using GlueClassification.Reading;
using Microsoft.ML.Data;
using Microsoft.ML.Eva;
using Spectre.Console;

namespace GlueClassification.Showing;

/// <summary>How well a regression does on rows it was not trained on, with the rows it gets most wrong.</summary>
internal static class RegressionScreen
{
    private const int WorstRows = 6;

    public static void Show(IReadOnlyList<Example> rows, IReadOnlyList<float> scores, RegressionMetrics metrics, CorrelationMetrics correlation, double seconds)
    {
        AnsiConsole.MarkupLineInterpolated($"[bold]pearson {correlation.PearsonCorrelation:f4}, spearman {correlation.SpearmanCorrelation:f4}[/] on {correlation.Rows:n0} test rows ({rows.Count / seconds:n0} rows/s)");
        AnsiConsole.MarkupLineInterpolated($"root of the mean squared error {metrics.RootMeanSquaredError:f4}, mean absolute error {metrics.MeanAbsoluteError:f4}, R² {metrics.RSquared:f4}");
        var table = new Table().Border(TableBorder.Rounded).Title("Largest errors").AddColumns("texts", "score", "truth");
        var worst = rows.Zip(scores, (row, score) => (Row: row, Score: score, Truth: Number(row.Label)))
            .Where(row => double.IsFinite(row.Truth)).OrderByDescending(row => Math.Abs(row.Score - row.Truth)).Take(WorstRows);
        foreach (var (row, score, truth) in worst)
            table.AddRow($"{row.Text} / {row.Pair}".EscapeMarkup(), $"{score:f2}", $"{truth:f2}");
        AnsiConsole.Write(table);
    }

    private static double Number(string label) =>
        double.TryParse(label, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : double.NaN;
}
