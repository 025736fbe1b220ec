using Microsoft.ML.Eva;
using Spectre.Console;

namespace GlueClassification.Showing;

/// <summary>Shows a bar for each phase while a model is fitted. Ctrl+C ends the training; the model so far is kept.</summary>
internal sealed class TrainingScreen : IProgress<TrainingProgress>, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<TrainingPhase, ProgressTask> _bars = [];
    private ProgressContext? _context;

    /// <summary>For the training's options.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>Fits a model whose training reports here.</summary>
    public TModel Run<TModel>(Func<TModel> fit)
    {
        Console.CancelKeyPress += OnCancel;
        try
        {
            return AnsiConsole.Progress()
                .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
                .Start(context =>
                {
                    _context = context;
                    return fit();
                });
        }
        finally
        {
            Console.CancelKeyPress -= OnCancel;
        }
    }

    /// <summary>Moves the bar of the phase.</summary>
    public void Report(TrainingProgress value)
    {
        var description = Describe(value).EscapeMarkup();
        if (!_bars.TryGetValue(value.Phase, out var bar))
        {
            // A warm-up that converges early ends below its limit.
            foreach (var earlier in _bars.Values)
                earlier.Value = earlier.MaxValue;
            _bars[value.Phase] = bar = _context!.AddTask(description);
        }
        bar.MaxValue = Math.Max(1, value.Steps);
        bar.Value = value.Step;
        bar.Description = description;
    }

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();

    private static string Describe(TrainingProgress progress)
    {
        var text = progress.Phase switch
        {
            TrainingPhase.ReadingData => "Reading",
            TrainingPhase.WarmUp => "EVA",
            TrainingPhase.Training => $"Training, epoch {progress.Epoch} of {progress.Epochs}",
            TrainingPhase.Validation => $"Validation, epoch {progress.Epoch} of {progress.Epochs}",
            var other => other.ToString(),
        };
        if (progress.Loss is { } loss)
            text += $", loss {loss:f3}";
        if (progress is { MetricName: { } name, ValidationMetric: { } metric })
            text += $", {name} {metric:f3}";
        if (progress.TimeLeft is { } left && left > TimeSpan.Zero)
            text += $", {left:m\\:ss} left";
        return text;
    }

    private void OnCancel(object? sender, ConsoleCancelEventArgs e)
    {
        // The second Ctrl+C ends the process as usual.
        e.Cancel = !_stop.IsCancellationRequested;
        _stop.Cancel();
    }
}
