using System.Globalization;

namespace Microsoft.ML.Eva.Reporting.Html;

/// <summary>How much of the variance of the layers' inputs their first components explain: a chart for each kind of layer, a curve for each block.</summary>
internal static class SpectrumCharts
{
    private const int MostCharts = 24;

    /// <summary>The charts; empty where EVA analysed nothing.</summary>
    public static string Create(IReadOnlyDictionary<string, double[]> explained)
    {
        var kinds = explained.Where(layer => layer.Value.Length > 0)
            .Select(layer => (ModulePlace.Of(layer.Key).Module, ModulePlace.Of(layer.Key).Block, layer.Value))
            .GroupBy(layer => layer.Module)
            .Select(kind => (Names: kind.Key, Layers: kind.OrderBy(layer => layer.Block).Select(layer => (layer.Block, layer.Value)).ToList()))
            .ToList();
        // Query, key and value read the same input, so their curves are one and the same.
        var merged = kinds.GroupBy(kind => string.Join(';', kind.Layers.Select(layer => $"{layer.Block}:{string.Join(',', layer.Value.Select(part => part.ToString("r", CultureInfo.InvariantCulture)))}")))
            .Select(same => (Names: string.Join(", ", same.Select(kind => kind.Names)), same.First().Layers));
        // All charts have one scale, so that they can be compared.
        var most = Math.Min(1, 1.05 * explained.Values.Select(parts => parts.Sum()).Where(double.IsFinite).DefaultIfEmpty(1).Max());
        return string.Concat(merged.Take(MostCharts).Select(kind => Chart(kind.Names, kind.Layers, most > 0 ? most : 1)));
    }

    private static string Chart(string name, List<(int Block, double[] Parts)> layers, double most) =>
        new LineChart(name, "Component", [.. layers.Select((layer, i) => new Series(layer.Block < 0 ? "" : $"Block {layer.Block}", Cumulative(layer.Parts), "thin") { Color = Shade(i, layers.Count) })])
        {
            Range = (0, most),
            HasLegend = false,
        }.ToHtml();

    private static List<(double X, double Y)> Cumulative(double[] parts)
    {
        var sum = 0.0;
        return [(0, 0), .. parts.Select((part, i) => (i + 1.0, sum += part))];
    }

    // From yellow for the first block over green to blue for the last, each legible on white and on black.
    private static string Shade(int index, int count) =>
        string.Create(CultureInfo.InvariantCulture, $"hsl({(count < 2 ? 210 : 45 + 200.0 * index / (count - 1)):0} 75% 45%)");
}
