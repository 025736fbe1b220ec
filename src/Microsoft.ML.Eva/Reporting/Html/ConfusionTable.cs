using System.Text;
using static Microsoft.ML.Eva.Reporting.Html.Markup;

namespace Microsoft.ML.Eva.Reporting.Html;

/// <summary>Which classes were taken for which: a matrix where it fits on a page, else the worst of it.</summary>
internal sealed class ConfusionTable(IReadOnlyList<string> classes, IReadOnlyList<ConfusionCount> counts)
{
    private const int LargestMatrix = 30, MostPairs = 30;

    private readonly Dictionary<(int Actual, int Predicted), long> _counts = counts.GroupBy(c => (c.Actual, c.Predicted)).ToDictionary(same => same.Key, same => same.Sum(c => c.Rows));

    // Classes that a damaged report names by number only are shown by their number.
    private readonly int _classCount = Math.Max(classes.Count, counts.Count == 0 ? 0 : counts.Max(c => Math.Max(c.Actual, c.Predicted)) is var last && last < LargestMatrix ? last + 1 : 0);

    /// <summary>The table; empty without counts.</summary>
    public string Create() => counts.Count == 0 ? "" : _classCount <= LargestMatrix && counts.All(IsInMatrix) ? Matrix() : Pairs();

    /// <summary>What a class is called.</summary>
    public static string Name(IReadOnlyList<string> classes, int index) => index >= 0 && index < classes.Count ? classes[index] : $"class {index}";

    private bool IsInMatrix(ConfusionCount count) => count.Actual >= 0 && count.Actual < _classCount && count.Predicted >= 0 && count.Predicted < _classCount;

    private string Matrix()
    {
        var all = Enumerable.Range(0, _classCount).ToList();
        var html = new StringBuilder("<p class=\"note\">Rows: the label; columns: the prediction. The shade is the part of the label's rows.</p><div class=\"wide\"><table class=\"cells confusion\"><thead><tr><th></th>");
        foreach (var predicted in all)
            html.Append($"<th scope=\"col\" class=\"turned\"><span>{Foreign(Name(classes, predicted))}</span></th>");
        html.Append("<th scope=\"col\">Rows</th><th scope=\"col\">Recall</th><th scope=\"col\">Precision</th></tr></thead><tbody>");
        foreach (var actual in all)
            html.Append(MatrixRow(actual, all));
        return html.Append("</tbody></table></div>").ToString();
    }

    private string MatrixRow(int actual, List<int> all)
    {
        var rows = all.Sum(predicted => Rows(actual, predicted));
        var predictedAs = all.Sum(other => Rows(other, actual));
        var html = new StringBuilder($"<tr><th scope=\"row\">{Foreign(Name(classes, actual))}</th>");
        foreach (var predicted in all)
        {
            var count = Rows(actual, predicted);
            html.Append(ShadedCell(rows == 0 ? 0 : (double)count / rows, count == 0 ? "" : Count(count), actual == predicted ? "right" : "wrong", $"{Name(classes, actual)} predicted as {Name(classes, predicted)}: {count}"));
        }
        return html.Append($"<td class=\"figure\">{Count(rows)}</td><td class=\"figure\">{Percent((double)Rows(actual, actual) / rows)}</td><td class=\"figure\">{Percent((double)Rows(actual, actual) / predictedAs)}</td></tr>").ToString();
    }

    private string Pairs()
    {
        var wrong = _counts.Where(entry => entry.Key.Actual != entry.Key.Predicted).OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Key).Take(MostPairs).ToList();
        if (wrong.Count == 0)
            return "<p>Every validation row was predicted right.</p>";
        var html = new StringBuilder($"<p class=\"note\">{Count(classes.Count)} classes; the most frequent confusions:</p><div class=\"wide\"><table><thead><tr><th scope=\"col\">Label</th><th scope=\"col\">Prediction</th><th scope=\"col\">Rows</th></tr></thead><tbody>");
        foreach (var ((actual, predicted), rows) in wrong)
            html.Append($"<tr><td>{Foreign(Name(classes, actual))}</td><td>{Foreign(Name(classes, predicted))}</td><td class=\"figure\">{Count(rows)}</td></tr>");
        return html.Append("</tbody></table></div>").ToString();
    }

    private long Rows(int actual, int predicted) => _counts.GetValueOrDefault((actual, predicted));
}
