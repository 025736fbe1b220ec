using GlueClassification.Reading;
using Microsoft.ML;
using Microsoft.ML.Eva;
using Microsoft.ML.Runtime;
using Spectre.Console;

namespace GlueClassification.Showing;

/// <summary>What the console shows from start to end.</summary>
internal static class Screen
{
    /// <summary>The library says through ML.NET's log what it left out or cut.</summary>
    public static void ShowWarning(object? sender, LoggingEventArgs message)
    {
        if (message.Kind >= ChannelMessageKind.Warning)
            AnsiConsole.MarkupLineInterpolated($"[yellow]{message.RawMessage}[/]");
    }

    public static void ShowTask(Dataset dataset, Settings settings)
    {
        AnsiConsole.MarkupLineInterpolated($"[bold]{dataset.Name}[/]: {dataset.Train.Count:n0} rows to train on, {dataset.Test.Count:n0} to test on; {settings.Model}, {settings.Method}, rank {settings.Rank}, {settings.Epochs} epochs");
        AnsiConsole.MarkupLineInterpolated($"[grey]First: \"{dataset.Train[0].Text}\" is {dataset.Train[0].Label}[/]");
    }

    public static void ShowReport(TrainingReport report)
    {
        AnsiConsole.WriteLine(report.ToString());
        if (report.EvaBatches > 0)
            AnsiConsole.Write(RankTable.Create(report.Ranks));
    }

    /// <summary>Compares the scores before saving with those after loading.</summary>
    public static void ShowLoaded(string path, IReadOnlyList<Prediction> saved, IReadOnlyList<Prediction> loaded) =>
        ShowLoaded(path, [.. saved.SelectMany(row => row.Score)], [.. loaded.SelectMany(row => row.Score)]);

    /// <inheritdoc cref="ShowLoaded(string, IReadOnlyList{Prediction}, IReadOnlyList{Prediction})"/>
    public static void ShowLoaded(string path, IReadOnlyList<float> saved, IReadOnlyList<float> loaded)
    {
        var difference = saved.Zip(loaded).Max(pair => Math.Abs(pair.First - pair.Second));
        var megabytes = new FileInfo(path).Length / 1e6;
        var verdict = difference == 0 ? "all scores equal" : $"scores differ by up to {difference:g2}";
        AnsiConsole.MarkupLineInterpolated($"Saved to [bold]{path}[/] ({megabytes:f0} MB) and loaded again: {verdict}.");
    }
}
