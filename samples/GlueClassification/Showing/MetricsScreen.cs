using Microsoft.ML.Data;
using Spectre.Console;

namespace GlueClassification.Showing;

/// <summary>How well the model does on rows it was not trained on.</summary>
internal static class MetricsScreen
{
    private const int MostClasses = 12;

    public static void Show(TaskScore score, MulticlassClassificationMetrics metrics, IReadOnlyList<string> classes, int rows, double seconds)
    {
        var matrix = metrics.ConfusionMatrix;
        var measured = matrix.Counts.Sum(row => row.Sum());
        AnsiConsole.MarkupLineInterpolated($"[bold]{score.Name} {score.Value:f4}[/] on {measured:n0} test rows ({rows / seconds:n0} rows/s)");
        AnsiConsole.MarkupLineInterpolated($"accuracy {metrics.MicroAccuracy:f4}, mean over classes {metrics.MacroAccuracy:f4}, log-loss {metrics.LogLoss:f4}");
        if (measured < rows)
            AnsiConsole.MarkupLineInterpolated($"[yellow]{rows - measured:n0} test rows are not counted: their class is missing, or no training row has it.[/]");
        if (classes.Count <= MostClasses)
            AnsiConsole.Write(Confusion(matrix, classes));
    }

    private static Table Confusion(ConfusionMatrix matrix, IReadOnlyList<string> names)
    {
        var table = new Table().Border(TableBorder.Rounded).Title("Confusion: rows are the truth, columns the predictions").AddColumn("");
        // Columns by number: six names beside each other do not fit into 80 characters.
        for (var predicted = 0; predicted < names.Count; predicted++)
            table.AddColumn(new TableColumn($"{predicted + 1}").RightAligned());
        table.AddColumn(new TableColumn("recall").RightAligned());
        for (var actual = 0; actual < names.Count; actual++)
        {
            var counts = matrix.Counts[actual].Select((count, predicted) => predicted == actual ? $"[green]{count:f0}[/]" : count > 0 ? $"[red]{count:f0}[/]" : "[grey]0[/]");
            table.AddRow([$"{actual + 1} {names[actual].EscapeMarkup()}", .. counts, $"{matrix.PerClassRecall[actual]:p0}"]);
        }
        return table;
    }
}
