using GlueClassification.Showing;
using ImageClassification.Reading;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Eva;
using Microsoft.ML.Runtime;
using Spectre.Console;

namespace ImageClassification.Showing;

/// <summary>What the console shows from start to end.</summary>
internal static class Screen
{
    /// <summary>The library says through ML.NET's log what it left out.</summary>
    public static void ShowWarning(object? sender, LoggingEventArgs message)
    {
        if (message.Kind >= ChannelMessageKind.Warning)
            AnsiConsole.MarkupLineInterpolated($"[yellow]{message.RawMessage}[/]");
    }

    public static void ShowTask(PictureFolders pictures, Settings settings)
    {
        var size = settings.Size is { } side ? $"{side}×{side} pixels" : "the checkpoint's size";
        AnsiConsole.MarkupLineInterpolated($"[bold]{pictures.Name}[/]: {pictures.Train.Count:n0} pictures to train on, {pictures.Test.Count:n0} to test on, at {size}; {settings.Model}, {settings.Method}, rank {settings.Rank}, {settings.Epochs} epochs");
    }

    public static void ShowReport(TrainingReport report)
    {
        AnsiConsole.WriteLine(report.ToString());
        if (report.EvaBatches > 0)
            AnsiConsole.Write(RankTable.Create(report.Ranks));
    }

    public static void ShowMetrics(MulticlassClassificationMetrics metrics, IReadOnlyList<string> classes, int rows, double seconds)
    {
        AnsiConsole.MarkupLineInterpolated($"Accuracy on {rows:n0} test pictures: [bold]{metrics.MicroAccuracy:p1}[/], log-loss {metrics.LogLoss:f3} ({rows / seconds:f0} pictures a second)");
        var weakest = classes.Select((name, place) => (name, Recall: metrics.ConfusionMatrix.PerClassRecall[place])).OrderBy(c => c.Recall).Take(3);
        AnsiConsole.MarkupLineInterpolated($"[grey]Least often found: {string.Join(", ", weakest.Select(c => $"{c.name} {c.Recall:p0}"))}[/]");
    }

    /// <summary>Compares the scores before saving with those after loading.</summary>
    public static void ShowLoaded(string path, IReadOnlyList<Prediction> saved, IReadOnlyList<Prediction> loaded)
    {
        var difference = saved.Zip(loaded).SelectMany(pair => pair.First.Score.Zip(pair.Second.Score)).Max(pair => Math.Abs(pair.First - pair.Second));
        var verdict = difference == 0 ? "all scores equal" : $"scores differ by up to {difference:g2}";
        AnsiConsole.MarkupLineInterpolated($"Saved to [bold]{path}[/] ({new FileInfo(path).Length / 1e6:f0} MB) and loaded again: {verdict}.");
    }

    public static void ShowPicture(string what, string path) => AnsiConsole.MarkupLineInterpolated($"{what}: [bold]{path}[/]");
}
