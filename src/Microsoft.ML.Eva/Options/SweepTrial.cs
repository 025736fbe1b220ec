using System.Text.Json.Serialization;

namespace Microsoft.ML.Eva;

/// <summary>One combination that a sweep tried, and how far it got.</summary>
public sealed record SweepTrial
{
    /// <summary>Gets the trial's number, counted from 1.</summary>
    public required int Number { get; init; }

    /// <summary>Gets the combination: each dimension's value as text, by the dimension's name.</summary>
    public required IReadOnlyDictionary<string, string> Values { get; init; }

    /// <summary>Gets the number of rungs the trial went through; 0: it was not trained.</summary>
    public int Rungs { get; init; }

    /// <summary>Gets the optimizer steps made.</summary>
    public int Steps { get; init; }

    /// <summary>Gets the optimizer steps of the trial's whole training.</summary>
    public int TotalSteps { get; init; }

    /// <summary>Gets what <see cref="Metric"/> is called; <see langword="null"/> before the first rung.</summary>
    public string? MetricName { get; init; }

    /// <summary>Gets the metric on the validation rows: of the best epoch for trials trained to their end, else of the weights at which they stopped. NaN for trials that failed or were not trained.</summary>
    public double Metric { get; init; } = double.NaN;

    /// <summary>Gets the loss on the validation rows at the same place.</summary>
    public double Loss { get; init; } = double.NaN;

    /// <summary>Gets the seconds the trial trained, validation included.</summary>
    public double Seconds { get; init; }

    /// <summary>Gets why the trial failed – training diverged, for example –; <see langword="null"/> if it did not.</summary>
    public string? Error { get; init; }

    /// <summary>Gets the part of its training that the trial got, 0 to 1. 1 also for trials that their patience ended.</summary>
    public double Part { get; init; }

    /// <summary>Gets whether the trial was trained to its end.</summary>
    [JsonIgnore]
    public bool IsComplete => Part >= 1 && Error is null;
}
