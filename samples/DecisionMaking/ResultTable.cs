using System.Globalization;
using System.Text;
using System.Text.Json;

namespace DecisionMaking;

/// <summary>All results as one table: success per method and task, mean and standard deviation over the seeds.</summary>
internal sealed class ResultTable(IReadOnlyList<RunResult> results)
{
    private static readonly JsonSerializerOptions Format = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>The methods in the order in which they ran.</summary>
    public IReadOnlyList<string> Methods { get; } = [.. results.Select(result => result.Method).Distinct()];

    /// <summary>The tasks in the order in which they ran.</summary>
    public IReadOnlyList<string> Tasks { get; } = [.. results.Select(result => result.Task).Distinct()];

    /// <summary>Mean and standard deviation over the seeds of the success on a task, or of the mean over all tasks.</summary>
    public (double Mean, double Deviation) Success(string method, string? task = null)
    {
        var bySeed = results.Where(result => result.Method == method && (task is null || result.Task == task))
            .GroupBy(result => result.Seed).Select(seed => seed.Average(result => result.SuccessRate)).ToList();
        var mean = bySeed.Average();
        return (mean, bySeed.Count < 2 ? 0 : Math.Sqrt(bySeed.Sum(value => (value - mean) * (value - mean)) / (bySeed.Count - 1)));
    }

    /// <summary>The mean over tasks and seeds of the action error after every epoch; empty for the pretrained policy.</summary>
    public IReadOnlyList<double> Curve(string method)
    {
        var curves = results.Where(result => result.Method == method && result.ActionErrors.Count > 0).Select(result => result.ActionErrors).ToList();
        return curves.Count == 0 ? [] : [.. Enumerable.Range(0, curves.Min(curve => curve.Count)).Select(epoch => curves.Average(curve => curve[epoch]))];
    }

    /// <summary>The parameters that a method trains, and its mean seconds.</summary>
    public (long Parameters, double Seconds) Cost(string method)
    {
        var runs = results.Where(result => result.Method == method).ToList();
        return ((long)runs.Average(run => run.TrainedParameters), runs.Average(run => run.Seconds));
    }

    /// <summary>One cell: "0.92 ± 0.03".</summary>
    public string Cell(string method, string? task = null)
    {
        var (mean, deviation) = Success(method, task);
        var seeds = results.Where(result => result.Method == method).Select(result => result.Seed).Distinct().Count();
        return seeds > 1 ? string.Create(CultureInfo.InvariantCulture, $"{mean:0.00} ± {deviation:0.00}") : mean.ToString("0.00", CultureInfo.InvariantCulture);
    }

    /// <summary>The table in Markdown.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.AppendLine($"| | {string.Join(" | ", Tasks)} | mean | trained parameters | seconds |");
        text.AppendLine($"|---|{string.Concat(Tasks.Select(_ => "---|"))}---|---|---|");
        foreach (var method in Methods)
        {
            var (parameters, seconds) = Cost(method);
            text.AppendLine(CultureInfo.InvariantCulture, $"| {method} | {string.Join(" | ", Tasks.Select(task => Cell(method, task)))} | {Cell(method)} | {parameters:n0} | {seconds:f1} |");
        }
        return text.ToString();
    }

    /// <summary>Writes table.md and results.json.</summary>
    public void Save(string folder)
    {
        File.WriteAllText(Path.Combine(folder, "table.md"), ToMarkdown());
        File.WriteAllText(Path.Combine(folder, "results.json"), JsonSerializer.Serialize(results, Format) + "\n");
    }
}
