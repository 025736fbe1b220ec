using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Eva.Persistence.Peft;

/// <summary>Which modules a configuration adapts and which it saves whole, found in the network.</summary>
internal sealed class PeftTargets
{
    private static readonly string[] ClassifierNames = ["classifier", "score"];

    private readonly PeftConfig _config;
    private readonly PeftModules _modules;

    public PeftTargets(PeftConfig config, PeftModules modules)
    {
        (_config, _modules) = (config, modules);
        var saved = config.Texts("modules_to_save") ?? [];
        if (config.Text("task_type") is "SEQ_CLS" or "TOKEN_CLS")
            saved = [.. saved.Union(ClassifierNames)];
        SavedNames = saved;
        Saved = modules.Weights.Where(weight => IsSaved(Module(weight.Name))).Select(weight => weight.Name).ToHashSet();
        Adapted = FindAdapted();
    }

    /// <summary>The entries of <c>modules_to_save</c>, those implied by the task included.</summary>
    public IReadOnlyList<string> SavedNames { get; }

    /// <summary>The network's parameters that are saved whole.</summary>
    public IReadOnlySet<string> Saved { get; }

    /// <summary>The modules that are adapted.</summary>
    public IReadOnlyList<PeftModule> Adapted { get; }

    private static string Module(string weight) => weight.LastIndexOf('.') is > 0 and var end ? weight[..end] : weight;

    private bool IsSaved(string module) => SavedNames.Any(name => Enclosing(module).Any(enclosing => _modules.FileNames(enclosing).Any(file => EndsWith(file, name))));

    private static IEnumerable<string> Enclosing(string module)
    {
        for (var end = module.Length; end > 0; end = module.LastIndexOf('.', end - 1))
            yield return module[..end];
    }

    private static bool EndsWith(string name, string target) => name == target || name.EndsWith($".{target}", StringComparison.Ordinal);

    private List<PeftModule> FindAdapted()
    {
        var isTarget = Matcher("target_modules") ?? throw _config.Fault("target_modules", "is missing, so that no layer is adapted");
        var isExcluded = Matcher("exclude_modules", mustMatch: false) ?? (_ => false);
        var isInRange = LayersToTransform();
        var adapted = _modules.All
            .Where(module => module.IsAdaptable && !IsSaved(module.Name))
            .Where(module => _modules.FileNames(module.Name).ToList() is var names && isTarget(names) && !isExcluded(names) && isInRange(names))
            .ToList();
        return adapted.Count > 0 ? adapted : throw _config.Fault("target_modules", $"({_config.Show("target_modules")}) names no module of this network that could be adapted; it has {Some(_modules.All.Where(module => module.IsAdaptable).Select(module => module.Name))}");
    }

    private static string Some(IEnumerable<string> names)
    {
        var all = names.ToList();
        return string.Join(", ", all.Take(6).Select(name => $"'{name}'")) + (all.Count > 6 ? $" and {all.Count - 6} more" : "");
    }

    // A list: names or last parts. A text: a regular expression for the whole name, or "all-linear".
    private Func<IReadOnlyList<string>, bool>? Matcher(string key, bool mustMatch = true)
    {
        if (_config.Find(key) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.String)
        {
            if (value.GetString() == "all-linear")
                return names => names.Any(name => _modules.Find(name) is { Layer: not null });
            var pattern = PeftPattern.Whole(value.GetString()!, _config, key);
            return pattern.Matches;
        }
        var targets = _config.Texts(key)!;
        if (mustMatch && targets.FirstOrDefault(target => !_modules.All.Any(module => _modules.FileNames(module.Name).Any(name => EndsWith(name, target)))) is { } unknown)
            throw _config.Fault(key, $"names '{unknown}', which no module of this network is called; it has {Some(_modules.All.Where(module => module.Layer is not null).Select(module => module.Name))}");
        return names => targets.Any(target => names.Any(name => EndsWith(name, target)));
    }

    private Func<IReadOnlyList<string>, bool> LayersToTransform()
    {
        if (_config.Find("layers_to_transform") is not { } value)
            return _ => true;
        var items = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().ToArray() : [value];
        if (!items.All(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out _)))
            throw _config.Fault("layers_to_transform", $"is {_config.Show("layers_to_transform")}, not a number or a list of numbers");
        var indices = items.Select(item => item.GetInt32()).ToHashSet();
        var patterns = _config.Find("layers_pattern") is { ValueKind: JsonValueKind.String } one ? [one.GetString()!] : _config.Texts("layers_pattern") ?? [];
        var before = patterns.Count == 0 ? "[^.]*" : $"(?:{string.Join('|', patterns.Select(Regex.Escape))})";
        var index = new Regex($@"^.*\.?{before}\.(\d+)\.", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        return names => names.Any(name => index.Match(name) is { Success: true } match && int.TryParse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture, out var layer) && indices.Contains(layer));
    }
}
