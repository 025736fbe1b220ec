using System.Text;
using static Microsoft.ML.Eva.Reporting.Html.Markup;

namespace Microsoft.ML.Eva.Reporting.Html;

/// <summary>A run's key figures, its seconds, settings and surroundings.</summary>
internal static class RunTables
{
    /// <summary>The numbers that stand on top of the page.</summary>
    public static string Figures(TrainingReport report)
    {
        var figures = new List<(string Name, string Value)>();
        if (report.BestEpoch >= 1 && report.BestEpoch <= report.ValidationMetrics.Count)
            figures.Add(($"{report.MetricName ?? "Metric"} (epoch {report.BestEpoch})", Number(report.ValidationMetrics[report.BestEpoch - 1])));
        if (report.Losses.Count > 0)
            figures.Add(("Last training loss", Number(report.Losses[^1])));
        figures.Add(("Training rows", Count(report.Rows)));
        figures.Add(("Trained parameters", Count(report.TrainableParameters)));
        if (report.Losses.Count > 0)
            figures.Add(("Steps", Count(report.Losses.Count)));
        if (report.SecondsTrain > 0)
            figures.Add(("Time", Seconds(report.SecondsLoad + report.SecondsEva + report.SecondsTrain)));
        return $"<div class=\"figures\">{string.Concat(figures.Select(figure => $"<div><b>{Encode(figure.Value)}</b><span>{Encode(figure.Name)}</span></div>"))}</div>";
    }

    /// <summary>What somebody should know before reading on.</summary>
    public static IEnumerable<string> Warnings(TrainingReport report)
    {
        if (report.IsCancelled)
            yield return "The run was cancelled before its end.";
        if (report.EvaBatches > 0 && !report.EvaConverged)
            yield return "EVA's components were not all stable when the warm-up ended (MaxBatches).";
        if (report.RowsWithoutLabel > 0)
            yield return $"{Count(report.RowsWithoutLabel)} rows without label were left out.";
        if (report.RowsUnreadable > 0)
            yield return $"{Count(report.RowsUnreadable)} rows that cannot be read were left out.";
        if (report.RowsAtLimit > 0)
            yield return $"{Count(report.RowsAtLimit)} rows fill all tokens allowed (MaxTokens); what is longer was cut.";
    }

    /// <summary>Where the time went; empty in reports that were loaded with a model.</summary>
    public static string Phases(TrainingReport report)
    {
        var phases = new[] { ("Loading", report.SecondsLoad), ("EVA", report.SecondsEva), ("Training", report.SecondsTrain) };
        var all = phases.Sum(phase => phase.Item2);
        if (all <= 0)
            return "";
        var html = new StringBuilder("<table class=\"phases\"><tbody>");
        foreach (var (name, seconds) in phases)
            html.Append($"<tr><th scope=\"row\">{name}</th><td class=\"bar\"><span style=\"width:{Place(100 * seconds / all)}%\"></span></td><td class=\"figure\">{Seconds(seconds)}</td></tr>");
        return html.Append("</tbody></table>").ToString();
    }

    /// <summary>Names and values; empty without any.</summary>
    public static string Pairs(IReadOnlyDictionary<string, string> pairs) => pairs.Count == 0
        ? ""
        : $"<table class=\"pairs\"><tbody>{string.Concat(pairs.Select(pair => $"<tr><th scope=\"row\">{Foreign(pair.Key)}</th><td>{Foreign(pair.Value)}</td></tr>"))}</tbody></table>";
}
