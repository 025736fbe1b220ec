using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.Eva.Reporting;

namespace Microsoft.ML.Eva;

/// <summary>What a sweep found: the best model, and what became of every trial.</summary>
/// <remarks>Disposing it disposes <see cref="Model"/>; whoever keeps the model disposes that instead.</remarks>
public sealed class SweepResult : IDisposable
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly IReadOnlyList<SweepTrial> _ranking;

    /// <summary>The result of a sweep whose trials stand in <paramref name="ranking"/>, best first.</summary>
    internal SweepResult(EvaTransformer model, IReadOnlyList<SweepTrial> ranking, IReadOnlyList<SweepTrial> history, EvaLoraOptions options)
    {
        (Model, _ranking, History, Options) = (model, ranking, history, options);
        Trials = [.. ranking.OrderBy(trial => trial.Number)];
    }

    /// <summary>Gets the model of the best trial, with its adapters merged.</summary>
    public EvaTransformer Model { get; }

    /// <summary>Gets the best trial: of those that got furthest, the one with the best metric.</summary>
    public SweepTrial Best => _ranking[0];

    /// <summary>Gets every trial as it is at the end, by number.</summary>
    public IReadOnlyList<SweepTrial> Trials { get; }

    /// <summary>Gets every trial as it was after each rung, in the order of the rungs.</summary>
    public IReadOnlyList<SweepTrial> History { get; }

    /// <summary>Gets the trainer's options with the best trial's values, for fitting again, on more rows for example. A new copy that the sweep does not use.</summary>
    public EvaLoraOptions Options { get; }

    /// <summary>Gets whether the sweep was cancelled before its end.</summary>
    public bool IsCancelled { get; init; }

    /// <summary>Gets the seconds of EVA's warm-up, which all trials share.</summary>
    public double SecondsWarmUp { get; init; }

    /// <summary>Gets the seconds of the whole sweep, reading the rows included. What an earlier, interrupted run of the sweep took is not in it.</summary>
    public double Seconds { get; init; }

    /// <summary>Draws the trials: how each fared while it trained, and one panel per dimension.</summary>
    /// <param name="path">The file to write, ending with .png or .svg.</param>
    /// <exception cref="ArgumentException">The ending is another one.</exception>
    public void SavePlot(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        SweepPlot.Save(Trials, History, Best, path);
    }

    /// <summary>Writes the trials as JSON (UTF-8, snake_case).</summary>
    public void WriteJson(Stream stream) =>
        JsonSerializer.Serialize(stream, new { Best = Best.Number, IsCancelled, SecondsWarmUp, Seconds, Trials, History }, Json);

    /// <summary>The trials as a table, best first.</summary>
    public override string ToString()
    {
        var rows = new List<string[]> { (string[])["trial", .. Best.Values.Keys, "steps", Best.MetricName ?? "metric", "loss", "seconds", ""] };
        foreach (var trial in _ranking)
            rows.Add([trial.Number.ToString(CultureInfo.InvariantCulture), .. trial.Values.Values, $"{trial.Steps} of {trial.TotalSteps}", Number(trial.Metric, "0.0000"), Number(trial.Loss, "0.0000"), Number(trial.Seconds, "0.0"), Remark(trial)]);
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var row in rows)
            text.AppendLine(string.Join("  ", row.Select((cell, column) => column == row.Length - 1 ? cell : cell.PadLeft(widths[column]))).TrimEnd());
        return text.ToString();
    }

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();

    private string Remark(SweepTrial trial) => trial.Number == Best.Number ? "best" : trial.Error is { } error ? $"failed: {error}" : "";

    private static string Number(double value, string format) => double.IsNaN(value) ? "–" : value.ToString(format, CultureInfo.InvariantCulture);
}
