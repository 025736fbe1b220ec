using System.Text.RegularExpressions;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>
/// Finds layers by their full name or by the last parts of it: <c>query</c> and <c>self.query</c> find
/// <c>encoder.layer.0.attention.self.query</c>. A <c>*</c> stands for any characters.
/// </summary>
internal sealed class LayerSelector(IReadOnlyList<string> layerNames)
{
    private const int NamesInMessages = 5;

    /// <summary>The layers that at least one of <paramref name="names"/> finds; all of them for null.</summary>
    /// <exception cref="ArgumentException">A name finds no layer; the message lists the nearest names there are.</exception>
    public HashSet<string> Select(IReadOnlyList<string>? names, string option) =>
        [.. names is null ? layerNames : names.SelectMany(name => Find(name, option))];

    /// <summary>The value that a pattern of names gives each layer it finds.</summary>
    /// <exception cref="ArgumentException">A name finds no layer, or two names give one layer different values.</exception>
    public IReadOnlyDictionary<string, T> Resolve<T>(IReadOnlyDictionary<string, T>? pattern, string option) where T : IEquatable<T>
    {
        var resolved = new Dictionary<string, (string Name, T Value)>();
        foreach (var (name, value) in pattern ?? new Dictionary<string, T>())
            foreach (var layer in Find(name, option))
                if (!resolved.TryAdd(layer, (name, value)) && !resolved[layer].Value.Equals(value))
                    throw new ArgumentException($"{option}: '{resolved[layer].Name}' gives '{layer}' {resolved[layer].Value}, '{name}' gives it {value}. Each layer may have one value.", option);
        return resolved.ToDictionary(entry => entry.Key, entry => entry.Value.Value);
    }

    /// <summary>Whether <paramref name="name"/> is <paramref name="layerName"/> or its last parts.</summary>
    public static bool Matches(string name, string layerName)
    {
        if (!name.Contains('*', StringComparison.Ordinal))
            return layerName.EndsWith(name, StringComparison.Ordinal) && (layerName.Length == name.Length || layerName[^(name.Length + 1)] == '.');
        var pattern = $@"^(.*\.)?{Regex.Escape(name).Replace(@"\*", ".*", StringComparison.Ordinal)}$";
        return Regex.IsMatch(layerName, pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
    }

    /// <summary>Whether <paramref name="name"/> finds <paramref name="layerName"/> or a module that contains it.</summary>
    public static bool MatchesWithin(string name, string layerName)
    {
        for (var end = layerName.Length; end > 0; end = layerName.LastIndexOf('.', end - 1))
            if (Matches(name, layerName[..end]))
                return true;
        return false;
    }

    private List<string> Find(string name, string option)
    {
        var found = layerNames.Where(layer => Matches(name, layer)).ToList();
        return found.Count > 0 ? found : throw new ArgumentException(DescribeUnknown(name, option, layerNames), option);
    }

    /// <summary>The message for a name that finds nothing among <paramref name="known"/>.</summary>
    public static string DescribeUnknown(string name, string option, IReadOnlyCollection<string> known)
    {
        if (known.Count == 0)
            return $"{option}: '{name}' names a layer, but the network has none that can be adapted.";
        var endings = known.Select(layer => Ending(layer, parts: name.Count(c => c == '.') + 1)).Distinct(StringComparer.Ordinal);
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
