using System.Text;
using static Microsoft.ML.Eva.Reporting.Html.Markup;

namespace Microsoft.ML.Eva.Reporting.Html;

/// <summary>The rows the model had most trouble with.</summary>
internal static class HardRowsTable
{
    /// <summary>The table; empty without rows.</summary>
    public static string Create(IReadOnlyList<string> classes, IReadOnlyList<HardRow> rows)
    {
        if (rows.Count == 0)
            return "";
        var hasTexts = rows.Any(row => row.Text is not null);
        var html = new StringBuilder("<p class=\"note\">The validation rows whose label got the least probability: hard ones, or wrong labels.</p><div class=\"wide\"><table><thead><tr><th scope=\"col\">Row</th>");
        html.Append(hasTexts ? "<th scope=\"col\">Text</th>" : "").Append("<th scope=\"col\">Label</th><th scope=\"col\">Its probability</th><th scope=\"col\">Prediction</th><th scope=\"col\">Its probability</th></tr></thead><tbody>");
        foreach (var row in rows)
        {
            html.Append($"<tr><td class=\"figure\">{Count(row.Row)}</td>").Append(hasTexts ? $"<td class=\"text\">{Foreign(row.Text ?? "")}</td>" : "");
            html.Append($"<td>{Foreign(ConfusionTable.Name(classes, row.Actual))}</td><td class=\"figure\">{Percent(row.Probability)}</td>");
            html.Append($"<td>{(row.Actual == row.Predicted ? "right" : Foreign(ConfusionTable.Name(classes, row.Predicted)))}</td><td class=\"figure\">{Percent(row.PredictedProbability)}</td></tr>");
        }
        return html.Append("</tbody></table></div>").ToString();
    }
}
