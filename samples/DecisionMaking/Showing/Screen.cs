using System.Globalization;
using Microsoft.ML.Eva;
using Spectre.Console;

namespace DecisionMaking.Showing;

/// <summary>What the console shows from start to end.</summary>
internal static class Screen
{
    public static void ShowPretraining(TrainingReport report, string folder) =>
        AnsiConsole.MarkupLineInterpolated($"Pretrained on 12 tasks: {report.TrainableParameters:n0} parameters, {report.Losses.Count:n0} steps, loss {report.Losses[0]:f3} to {report.Losses.TakeLast(50).Average():f3}, {report.SecondsTrain:f0} s; written to [bold]{folder}[/].");

    public static void ShowPretrainedSuccess(double rate) => AnsiConsole.MarkupLineInterpolated($"It solves [bold]{rate:p0}[/] of new episodes of those tasks.");

    public static void ShowRun(RunResult result) =>
        AnsiConsole.MarkupLineInterpolated($"{result.Task}, {result.Method}, seed {result.Seed}: success [bold]{result.SuccessRate:p0}[/], {result.MeanReturn:p0} of the stops made; {result.Seconds:f1} s");

    public static void ShowTable(ResultTable results)
    {
        var table = new Spectre.Console.Table().Title("Success on new episodes").AddColumn(new TableColumn("Method").NoWrap());
        foreach (var task in results.Tasks)
            table.AddColumn(new TableColumn(task).RightAligned());
        table.AddColumn(new TableColumn("Mean").RightAligned()).AddColumn(new TableColumn("Parameters").RightAligned()).AddColumn(new TableColumn("Seconds").RightAligned());
        foreach (var method in results.Methods)
        {
            var (parameters, seconds) = results.Cost(method);
            string[] cells = [method, .. results.Tasks.Select(task => results.Cell(method, task)), results.Cell(method), parameters.ToString("n0", CultureInfo.InvariantCulture), seconds.ToString("f1", CultureInfo.InvariantCulture)];
            table.AddRow(cells);
        }
        AnsiConsole.Write(table);
    }

    public static void ShowFiles(params string[] paths)
    {
        foreach (var path in paths)
            AnsiConsole.MarkupLineInterpolated($"[grey]{path}[/]");
    }
}
