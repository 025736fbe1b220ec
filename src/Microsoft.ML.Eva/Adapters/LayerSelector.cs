using System.Text.RegularExpressions;
using Microsoft.ML.Eva.Backbones.Layers;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>
/// Finds layers by their full name or by the last parts of it: <c>query</c> and <c>self.query</c> find
/// <c>encoder.layer.0.attention.self.query</c>. A <c>*</c> stands for any characters.
/// </summary>
internal sealed class LayerSelector(IReadOnlyList<AdaptableLayer> layers)
{
    private const int NamesInMessages = 5;

    /// <summary>The layers that at least one of <paramref name="names"/> finds, in the network's order; all of them for null.</summary>
    /// <exception cref="ArgumentException">A name finds no layer; the message lists the nearest names there are.</exception>
    public IReadOnlyList<AdaptableLayer> Select(IReadOnlyList<string>? names, string option)
    {
        if (names is null)
            return layers;
        var found = new HashSet<AdaptableLayer>();
        foreach (var name in names)
        {
            var matches = layers.Where(layer => Matches(name, layer.Name)).ToList();
            if (matches.Count == 0)
                throw new ArgumentException(Describe(name, option), option);
            found.UnionWith(matches);
        }
        return [.. layers.Where(found.Contains)];
    }

    /// <summary>Whether <paramref name="name"/> is <paramref name="layerName"/> or its last parts.</summary>
    public static bool Matches(string name, string layerName)
    {
        if (!name.Contains('*', StringComparison.Ordinal))
            return layerName.EndsWith(name, StringComparison.Ordinal) && (layerName.Length == name.Length || layerName[^(name.Length + 1)] == '.');
        var pattern = $@"^(.*\.)?{Regex.Escape(name).Replace(@"\*", ".*", StringComparison.Ordinal)}$";
        return Regex.IsMatch(layerName, pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
    }

    private string Describe(string name, string option)
    {
        if (layers.Count == 0)
            return $"{option}: '{name}' names a layer, but the network has none that can be adapted.";
        var endings = layers.Select(layer => Ending(layer.Name, parts: name.Count(c => c == '.') + 1)).Distinct(StringComparer.Ordinal);
        var nearest = endings.OrderBy(ending => Distance(name, ending)).ThenBy(ending => ending, StringComparer.Ordinal).Take(NamesInMessages);
        return $"{option}: no layer is called '{name}', wholly or in its last parts. The nearest names are {string.Join(", ", nearest.Select(n => $"'{n}'"))}.";
    }

    private static string Ending(string name, int parts)
    {
        var all = name.Split('.');
        return string.Join('.', all[Math.Max(0, all.Length - parts)..]);
    }

    // Levenshtein's distance, one row at a time.
    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var substituted = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[right.Length];
    }
}
