using System.Text.RegularExpressions;
using Spectre.Console;

namespace GlueClassification.Showing;

/// <summary>The ranks that EVA gave: a row for each block of the network, a column for each of its layers.</summary>
internal static partial class RankTable
{
    public static Table Create(IReadOnlyDictionary<string, int> ranks)
    {
        var cells = ranks.Select(rank => (Place: Split(rank.Key), Rank: rank.Value)).ToList();
        var layers = cells.Select(cell => cell.Place.Layer).Distinct().ToList();
        var table = new Table().Border(TableBorder.Rounded).Title("Ranks that EVA gave").AddColumn("block");
        foreach (var layer in layers)
            table.AddColumn(new TableColumn(layer.EscapeMarkup()).RightAligned());
        foreach (var block in cells.GroupBy(cell => cell.Place.Block))
        {
            var byLayer = block.ToDictionary(cell => cell.Place.Layer, cell => cell.Rank);
            table.AddRow([block.Key.EscapeMarkup(), .. layers.Select(layer => byLayer.TryGetValue(layer, out var rank) ? $"{rank}" : "")]);
        }
        return table;
    }

    /// <summary>encoder.layer.3.attention.self.query: block 3, layer attention.self.query.</summary>
    private static (string Block, string Layer) Split(string name) =>
        NumberedBlock().Match(name) is { Success: true } match ? (match.Groups["block"].Value, match.Groups["layer"].Value) : ("", name);

    [GeneratedRegex(@"(^|\.)(?<block>\d+)\.(?<layer>.+)$")]
    private static partial Regex NumberedBlock();
}
