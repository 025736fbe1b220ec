using System.Text;
using static Microsoft.ML.Eva.Reporting.Html.Markup;

namespace Microsoft.ML.Eva.Reporting.Html;

/// <summary>Which ranks the layers got: modules from top to bottom, blocks from left to right.</summary>
internal static class RankTable
{
    /// <summary>The table; empty without ranks.</summary>
    public static string Create(IReadOnlyDictionary<string, int> ranks)
    {
        if (ranks.Count == 0)
            return "";
        var cells = ranks.ToLookup(layer => ModulePlace.Of(layer.Key), layer => layer.Value);
        var modules = cells.Select(cell => cell.Key.Module).Distinct().ToList();
        var blocks = cells.Select(cell => cell.Key.Block).Distinct().Order().ToList();
        var largest = Math.Max(1, ranks.Values.Max());
        var html = new StringBuilder("<div class=\"wide\"><table class=\"cells\"><thead><tr><th scope=\"col\">Block</th>");
        foreach (var block in blocks)
            html.Append($"<th scope=\"col\">{(block < 0 ? "–" : Count(block))}</th>");
        html.Append("</tr></thead><tbody>");
        foreach (var module in modules)
        {
            html.Append($"<tr><th scope=\"row\">{Foreign(module)}</th>");
            foreach (var block in blocks)
                html.Append(cells.Contains((module, block)) ? Cell(module, block, cells[(module, block)].First(), largest) : "<td></td>");
            html.Append("</tr>");
        }
        return html.Append("</tbody></table></div>").ToString();
    }

    private static string Cell(string module, int block, int rank, int largest) =>
        ShadedCell((double)rank / largest, Count(rank), "rank", block < 0 ? $"{module}: rank {rank}" : $"{module} of block {block}: rank {rank}");
}
