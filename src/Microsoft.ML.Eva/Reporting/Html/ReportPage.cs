using System.Text;
using static Microsoft.ML.Eva.Reporting.Html.Markup;

namespace Microsoft.ML.Eva.Reporting.Html;

/// <summary>A training report as one HTML page. The browser is told to load nothing and to run nothing.</summary>
internal static class ReportPage
{
    private const int MostPoints = 800;

    /// <summary>The whole page.</summary>
    public static string Create(TrainingReport report)
    {
        var title = $"{report.Checkpoint}: {report.Method}";
        var html = new StringBuilder();
        html.Append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
        html.Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">");
        html.Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">");
        html.Append($"<title>{Encode(title)}</title><style>{PageStyle.Sheet}</style></head><body><main>");
        html.Append($"<h1>{Foreign(report.Checkpoint)}</h1><p class=\"method\">{Foreign(report.Method)}</p>");
        foreach (var warning in RunTables.Warnings(report))
            html.Append($"<p class=\"warning\">{Encode(warning)}</p>");
        html.Append(RunTables.Figures(report));
        AddSection(html, "Training", Charts(
        [
            Loss(report),
            LearningRate(report),
            Validation(report, report.ValidationLosses, "Validation loss", "b"),
            Validation(report, report.ValidationMetrics, $"Validation: {report.MetricName ?? "metric"}", "a"),
            .. report.FurtherMetrics.Select(metric => Validation(report, metric.Value, $"Validation: {metric.Key}", "c")),
        ]));
        AddSection(html, "Confused classes", new ConfusionTable(report.Classes, report.Confusion).Create());
        AddSection(html, "Hard rows", HardRowsTable.Create(report.Classes, report.HardRows));
        AddSection(html, "Ranks", RankTable.Create(report.Ranks));
        AddSection(html, "Explained variance", SpectrumCharts.Create(report.ExplainedVariance) is { Length: > 0 } spectra
            ? "<p class=\"note\">The part of the variance of a layer's inputs that its first components explain together; a curve for each block, yellow the first, blue the last.</p>" + Charts(spectra) : "");
        AddSection(html, "EVA's warm-up", Charts(Convergence(report)));
        AddSection(html, "Time", RunTables.Phases(report));
        AddSection(html, "Settings", RunTables.Pairs(report.Settings));
        AddSection(html, "Environment", RunTables.Pairs(report.Environment));
        return html.Append("</main></body></html>\n").ToString();
    }

    private static void AddSection(StringBuilder html, string title, string content)
    {
        if (content.Length > 0)
            html.Append($"<section><h2>{Encode(title)}</h2>{content}</section>");
    }

    private static string Charts(params string[] charts) => string.Concat(charts) is { Length: > 0 } all ? $"<div class=\"charts\">{all}</div>" : "";

    private static string Loss(TrainingReport report)
    {
        double[] losses = [.. report.Losses.Select(loss => (double)loss)];
        var window = Math.Max(2, losses.Length / 30);
        var together = (losses.Length + MostPoints - 1) / MostPoints;
        return new LineChart("Training loss", "Step",
        [
            new Series("each step", Series.FromOne(losses, MostPoints), "faint"),
            new Series($"mean of {window} steps", Series.FromOne(Series.RunningMean(losses, window), MostPoints), "a"),
        ])
        {
            Note = together > 1 ? $"Each point is the mean of {together} steps." : "",
        }.ToHtml();
    }

    private static string LearningRate(TrainingReport report) =>
        new LineChart("Learning rate", "Step", [new Series("", Series.FromOne(report.LearningRates, MostPoints), "c")]).ToHtml();

    private static string Validation(TrainingReport report, IReadOnlyList<double> values, string title, string style) =>
        new LineChart(title, "Epoch", [new Series("", Series.FromOne(values, int.MaxValue), style) { HasMarks = values.Count <= 60 }])
        {
            MarkX = report.BestEpoch >= 1 && report.BestEpoch <= values.Count ? report.BestEpoch : null,
            Note = "The dashed line marks the epoch whose weights were kept.",
        }.ToHtml();

    private static string Convergence(TrainingReport report) => new LineChart("Stability of the components", "Mini-batch",
    [
        new Series("mean similarity with one mini-batch before", Series.FromOne(report.EvaSimilarities, int.MaxValue), "a") { HasMarks = report.EvaSimilarities.Count <= 60 },
        new Series("part of the layers that are stable", Series.FromOne([.. report.EvaStableLayers.Select(count => (double)count / Math.Max(1, report.Ranks.Count))], int.MaxValue), "b"),
    ])
    {
        Range = (0, 1),
        Mark = report.EvaTau,
        Note = $"The dashed line is tau, {Number(report.EvaTau)}: from this similarity on a component counts as stable.",
    }.ToHtml();
}
