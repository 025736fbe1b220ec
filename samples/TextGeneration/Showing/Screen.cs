using System.Diagnostics;
using GlueClassification.Showing;
using Microsoft.ML;
using Microsoft.ML.Eva;
using Microsoft.ML.Runtime;
using Spectre.Console;
using TextGeneration.Reading;

namespace TextGeneration.Showing;

/// <summary>What the console shows from start to end.</summary>
internal static class Screen
{
    private const int Examples = 4;

    /// <summary>The library says through ML.NET's log what it left out.</summary>
    public static void ShowWarning(object? sender, LoggingEventArgs message)
    {
        if (message.Kind >= ChannelMessageKind.Warning)
            AnsiConsole.MarkupLineInterpolated($"[yellow]{message.RawMessage}[/]");
    }

    public static void ShowTask(Dataset dataset, Settings settings) => AnsiConsole.MarkupLineInterpolated(
        $"[bold]{dataset.Name}[/]: {dataset.Train.Count:n0} sentences to train on, {dataset.Meanings.Count:n0} meanings with {dataset.Test.Count:n0} sentences to test on; {settings.Model ?? "a small GPT-2"}, {settings.Method}, rank {settings.Rank}, {settings.Epochs} epochs");

    public static Checkpoint ShowPretraining(Func<Checkpoint> run)
    {
        var clock = Stopwatch.StartNew();
        var checkpoint = run();
        AnsiConsole.MarkupLineInterpolated($"A small GPT-2 has learned the language from the sentences alone ({clock.Elapsed.TotalSeconds:f0} s).");
        return checkpoint;
    }

    public static void ShowReport(TrainingReport report)
    {
        AnsiConsole.WriteLine(report.ToString());
        if (report.EvaBatches > 0)
            AnsiConsole.Write(RankTable.Create(report.Ranks));
    }

    public static void ShowExamples(IReadOnlyList<Utterance> rows, IReadOnlyList<string> sentences)
    {
        for (var i = 0; i < Math.Min(Examples, rows.Count); i++)
        {
            AnsiConsole.MarkupLineInterpolated($"[grey]{rows[i].Meaning}[/]");
            AnsiConsole.MarkupLineInterpolated($"  {sentences[i]}");
        }
    }

    public static void ShowMetrics(TextGenerationMetrics metrics, double perplexity, double seconds) => AnsiConsole.MarkupLineInterpolated(
        $"[bold]{metrics}[/]; perplexity {perplexity:f2} ({metrics.Texts / seconds:f1} sentences a second)");

    public static void ShowStream(string meaning, IEnumerable<string> pieces)
    {
        AnsiConsole.MarkupLineInterpolated($"Piece by piece, for [grey]{meaning}[/]:");
        AnsiConsole.WriteLine($"  {string.Join('|', pieces)}");
    }

    public static void ShowExported(string folder) => AnsiConsole.MarkupLineInterpolated($"Written for ONNX Runtime to [bold]{folder}[/]: {string.Join(", ", Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal))}.");

    /// <summary>Compares the sentences before saving with those after loading.</summary>
    public static void ShowLoaded(string path, IReadOnlyList<string> saved, IReadOnlyList<string> loaded)
    {
        var differences = saved.Zip(loaded).Count(pair => pair.First != pair.Second);
        AnsiConsole.MarkupLineInterpolated($"Saved to [bold]{path}[/] ({new FileInfo(path).Length / 1e6:f1} MB) and loaded again: {(differences == 0 ? "all sentences equal" : $"{differences} sentences differ")}.");
    }
}
