using System.Text.Json;
using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones.Layers;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Persistence.Peft;

/// <summary>Reads AdaLoRA, before, during or after pruning: saved factors hold the kept triplets only.</summary>
internal sealed class PeftAdaLoraReader : PeftReader
{
    private readonly AdaLoraOptions _options;
    private readonly IReadOnlyDictionary<string, bool[]> _kept;

    public PeftAdaLoraReader(PeftConfig config, PeftTensors tensors) : base(config, tensors)
    {
        static bool IsDecay(double value) => value is >= 0 and < 1;
        _options = new AdaLoraOptions
        {
            InitialRank = config.Integer("init_r", 12, 1, int.MaxValue),
            TargetRank = config.Integer("target_r", 8, 1, int.MaxValue),
            Alpha = config.Number("lora_alpha", 8, _ => true, "a number"),
            PruningInterval = config.Integer("deltaT", 1, 1, int.MaxValue),
            ImportanceDecay = config.Number("beta1", 0.85, IsDecay, "a number from 0 to less than 1"),
            UncertaintyDecay = config.Number("beta2", 0.85, IsDecay, "a number from 0 to less than 1"),
            OrthogonalityWeight = config.Number("orth_reg_weight", 0.5, value => value >= 0, "a number of at least 0"),
            Dropout = config.Number("lora_dropout", 0, IsDecay, "a number from 0 to less than 1"),
        };
        foreach (var key in new[] { "use_dora", "lora_bias", "use_rslora" }.Where(config.IsSet))
            throw config.Fault(key, "is true, which PEFT does not have for AdaLoRA");
        if (config.Integer("total_step", 0, 0, int.MaxValue) is > 0 and var steps)
        {
            _options.InitialFraction = Math.Min(config.Integer("tinit", 0, 0, int.MaxValue) / (double)steps, 1);
            _options.FinalFraction = Math.Min(config.Integer("tfinal", 0, 0, int.MaxValue) / (double)steps, 1);
        }
        _kept = ReadKept(config);
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<string> KnownKeys => PeftKeys.AdaLora;

    private static Dictionary<string, bool[]> ReadKept(PeftConfig config)
    {
        if (config.Find("rank_pattern") is not { } pattern)
            return [];
        var kept = new Dictionary<string, bool[]>();
        if (pattern.ValueKind != JsonValueKind.Object)
            throw config.Fault("rank_pattern", $"is {config.Show("rank_pattern")}, not an object");
        foreach (var entry in pattern.EnumerateObject())
            kept[entry.Name] = entry.Value.ValueKind == JsonValueKind.Array && entry.Value.EnumerateArray().All(item => item.ValueKind is JsonValueKind.True or JsonValueKind.False)
                ? [.. entry.Value.EnumerateArray().Select(item => item.GetBoolean())]
                : throw config.Fault($"rank_pattern.{entry.Name}", "is not a list of true and false");
        return kept;
    }

    /// <inheritdoc/>
    protected override Func<LayerAdapter> Read(AdaptableLayer layer, string fileName, IReadOnlyList<string> fileNames)
    {
        var kept = fileNames.Select(name => _kept.GetValueOrDefault($"{name}.lora_E")).FirstOrDefault(found => found is not null);
        if (kept is null && _kept.Count > 0)
            throw Config.Fault("rank_pattern", $"has no entry '{fileName}.lora_E' although that layer is adapted");
        if (kept is not null && kept.Length != _options.InitialRank)
            throw Config.Fault($"rank_pattern.{fileName}.lora_E", $"has {kept.Length} entries, but init_r is {_options.InitialRank}");
        var rank = kept?.Count(isKept => isKept) ?? _options.InitialRank;
        var why = kept is null ? $"init_r = {rank} and this layer ask for" : $"the {rank} kept triplets of rank_pattern and this layer ask for";
        var a = Tensors.Take($"{fileName}.lora_A", why, [rank, layer.InFeatures]);
        var b = Tensors.Take($"{fileName}.lora_B", why, [layer.OutFeatures, rank]);
        var e = Tensors.Take($"{fileName}.lora_E", why, [rank, 1]);
        var device = layer.Weight.Value.device;
        if (kept is null)
            return () => new AdaLoraAdapter(layer, _options.Alpha, rank, new LowRankStart(a.to(device, copy: true), b.to(device, copy: true)), e.to(device, copy: true), _options.Dropout);
        return () => new AdaLoraAdapter(
            layer, _options.Alpha, kept.Length, new LowRankStart(Spread(a, 0, kept, device), Spread(b, 1, kept, device)), Spread(e, 0, kept, device), _options.Dropout) { Kept = kept };
    }

    // Pruned triplets come back as zeros, so that training on masks the same places and writing cuts them again.
    private static Tensor Spread(Tensor cut, int dimension, bool[] kept, Device device)
    {
        using var scope = NewDisposeScope();
        long[] shape = [.. cut.shape];
        shape[dimension] = kept.Length;
        var places = tensor(kept.Select((isKept, place) => (isKept, place)).Where(item => item.isKept).Select(item => (long)item.place).ToArray());
        return zeros(shape).index_copy_(dimension, places, cut).to(device, copy: true).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override AdapterOptions ToOptions(IReadOnlyList<LayerAdapter> adapters) => _options;
}
