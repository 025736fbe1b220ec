using System.Text.RegularExpressions;
using Spectre.Console;

namespace GlueClassification.Showing;

/// <summary>The ranks that EVA gave: a row for each layer of a block, a column for each block of the network.</summary>
internal static partial class RankTable
{
    public static Table Create(IReadOnlyDictionary<string, int> ranks)
    {
        var cells = ranks.Select(rank => (Place: Split(rank.Key), Rank: rank.Value)).ToList();
        var blocks = cells.Select(cell => cell.Place.Block).Distinct().ToList();
        var table = new Table().Border(TableBorder.Simple).Title("Ranks that EVA gave").AddColumn("block");
        foreach (var block in blocks)
            table.AddColumn(new TableColumn(block.EscapeMarkup()).RightAligned().Padding(1, 0));
        foreach (var layer in cells.GroupBy(cell => cell.Place.Layer))
        {
            var byBlock = layer.ToDictionary(cell => cell.Place.Block, cell => cell.Rank);
            table.AddRow([layer.Key.EscapeMarkup(), .. blocks.Select(block => byBlock.TryGetValue(block, out var rank) ? $"{rank}" : "")]);
        }
        return table;
    }

    /// <summary>encoder.layer.3.attention.self.query: block 3, layer attention.self.query.</summary>
    private static (string Block, string Layer) Split(string name) =>
        NumberedBlock().Match(name) is { Success: true } match ? (match.Groups["block"].Value, match.Groups["layer"].Value) : ("", name);

    [GeneratedRegex(@"(^|\.)(?<block>\d+)\.(?<layer>.+)$")]
    private static partial Regex NumberedBlock();
}
