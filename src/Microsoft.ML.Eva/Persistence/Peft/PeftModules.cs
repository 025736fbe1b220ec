using Microsoft.ML.Eva.Backbones;

namespace Microsoft.ML.Eva.Persistence.Peft;

/// <summary>
/// The network's modules under every name that PEFT files have for them: with or without the backbone's name in front, and
/// DINOv2's attention under the names of its checkpoint or those that transformers 5 gives it in memory.
/// </summary>
internal sealed class PeftModules
{
    // In a checkpoint, and in memory since transformers 5.
    private static readonly (string Checkpoint, string Memory)[] AttentionNames =
    [
        ("attention.attention.query", "attention.q_proj"),
        ("attention.attention.key", "attention.k_proj"),
        ("attention.attention.value", "attention.v_proj"),
        ("attention.output.dense", "attention.o_proj"),
    ];

    private readonly Dictionary<string, PeftModule> _byName;
    private readonly Dictionary<string, Weight> _weights;

    public PeftModules(Network network)
    {
        _weights = network.Weights.ToDictionary(weight => weight.Name);
        var layers = network.Backbone.AdaptableLayers.ToDictionary(layer => layer.Name);
        _byName = _weights.Values.Where(weight => weight.Name.EndsWith(".weight", StringComparison.Ordinal)).Select(weight =>
        {
            var name = weight.Name[..^".weight".Length];
            return new PeftModule(name, weight, _weights.GetValueOrDefault($"{name}.bias"), layers.GetValueOrDefault(name));
        }).ToDictionary(module => module.Name);
        ModelType = network.Checkpoint.ModelType;
        HeadModules = network.Head.Weights.Select(weight => weight.Name[..weight.Name.LastIndexOf('.')]).ToHashSet();
    }

    /// <summary>The network's config.json's <c>model_type</c>.</summary>
    public string ModelType { get; }

    /// <summary>Names of the head's modules.</summary>
    public IReadOnlySet<string> HeadModules { get; }

    /// <summary>Every module that has a weight.</summary>
    public IEnumerable<PeftModule> All => _byName.Values;

    /// <summary>Every parameter.</summary>
    public IEnumerable<Weight> Weights => _weights.Values;

    /// <summary>The module that a file calls <paramref name="fileName"/>, or null.</summary>
    public PeftModule? Find(string fileName) => Names(fileName).Select(_byName.GetValueOrDefault).FirstOrDefault(module => module is not null);

    /// <summary>The parameter that a file calls <paramref name="fileName"/>, or null.</summary>
    public Weight? FindWeight(string fileName)
    {
        var end = fileName.LastIndexOf('.');
        return Names(fileName).Concat(end < 0 ? [] : Names(fileName[..end]).Select(name => name + fileName[end..]))
            .Select(_weights.GetValueOrDefault).FirstOrDefault(weight => weight is not null);
    }

    /// <summary>Every name that a file may have for <paramref name="module"/>; target lists are matched against all of them.</summary>
    public IEnumerable<string> FileNames(string module)
    {
        var names = new[] { module, InMemory(module) }.Distinct();
        return PeftFamily.Find(ModelType) is { } family ? names.SelectMany(name => new[] { name, $"{family.Prefix}.{name}" }) : names;
    }

    /// <summary>The name in memory since transformers 5, under which PEFT writes.</summary>
    public string InMemory(string module)
    {
        if (!ModelType.StartsWith("dinov2", StringComparison.Ordinal))
            return module;
        foreach (var (checkpoint, memory) in AttentionNames)
            if (module.EndsWith($".{checkpoint}", StringComparison.Ordinal))
                return module[..^checkpoint.Length] + memory;
        return module;
    }

    private static IEnumerable<string> Names(string fileName)
    {
        var end = fileName.IndexOf('.', StringComparison.Ordinal);
        string[] plain = end > 0 && PeftFamily.Prefixes.Contains(fileName[..end]) ? [fileName, fileName[(end + 1)..]] : [fileName];
        return plain.Concat(plain.SelectMany(name => AttentionNames
            .Where(names => name.EndsWith($".{names.Memory}", StringComparison.Ordinal))
            .Select(names => name[..^names.Memory.Length] + names.Checkpoint)));
    }
}
