using System.Globalization;
using GlueClassification.Reading;
using Microsoft.ML.Eva;
using Spectre.Console;

namespace GlueClassification.Showing;

/// <summary>Writes a line for every trial of a sweep when it has been trained for a while. Ctrl+C ends the sweep; the best model so far is kept.</summary>
internal sealed class SweepScreen : IProgress<SweepProgress>, IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    public SweepScreen() => Console.CancelKeyPress += OnCancel;

    /// <summary>For the sweep's options.</summary>
    public CancellationToken Stop => _stop.Token;

    public static void ShowTask(Dataset dataset, Settings settings) => AnsiConsole.MarkupLineInterpolated(
        $"[bold]{dataset.Name}[/]: {settings.SweepTrials} trials on {dataset.Train.Count:n0} rows; {settings.Model}, {settings.Method}, up to {settings.Epochs} epochs");

    /// <inheritdoc/>
    public void Report(SweepProgress value)
    {
        var trial = value.Last;
        var values = string.Join(", ", trial.Values.Select(entry => $"{entry.Key} {entry.Value}"));
        var outcome = trial.Error ?? string.Create(CultureInfo.InvariantCulture, $"{trial.MetricName} {trial.Metric:f4}");
        AnsiConsole.MarkupLineInterpolated($"[grey]Rung {value.Rung} of {value.Rungs}, {value.Done} of {value.Trials}:[/] trial {trial.Number} ({values}) [bold]{outcome}[/] after {trial.Steps} of {trial.TotalSteps} steps");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Console.CancelKeyPress -= OnCancel;
        _stop.Dispose();
    }

    private void OnCancel(object? sender, ConsoleCancelEventArgs pressed)
    {
        pressed.Cancel = true;
        _stop.Cancel();
    }
}
