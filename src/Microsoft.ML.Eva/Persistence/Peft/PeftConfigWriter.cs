using System.Globalization;
using System.Text.Json;
using Microsoft.ML.Eva.Adapters;

namespace Microsoft.ML.Eva.Persistence.Peft;

/// <summary>Writes adapter_config.json with all keys of PEFT 0.21.2, sorted, as PEFT does; what our options do not know has PEFT's default.</summary>
internal sealed class PeftConfigWriter
{
    private readonly SortedDictionary<string, object?> _values = new(StringComparer.Ordinal);

    public PeftConfigWriter(IReadOnlyList<string> keys, string method)
    {
        foreach (var key in keys.Where(key => key != "runtime_config"))
            _values[key] = null;
        (_values["peft_type"], _values["peft_version"], _values["inference_mode"], _values["fan_in_fan_out"]) = (method, PeftKeys.Version, true, false);
    }

    /// <summary>Sets a key's value: text, bool, int, double, list of texts, or an object as a dictionary.</summary>
    public object? this[string key]
    {
        set => _values[key] = value;
    }

    /// <summary>A configuration for adapters of this method, without what concerns the network.</summary>
    public static PeftConfigWriter Create(AdapterOptions options, IReadOnlyList<Backbones.Layers.LayerAdapter> adapters, Func<string, string> fileName) => options switch
    {
        LowRankOptions lowRank => LowRank(lowRank, [.. adapters.Cast<LowRankAdapter>()], fileName),
        AdaLoraOptions adaLora => AdaLora(adaLora, [.. adapters.Cast<AdaLoraAdapter>()], fileName),
        BoftOptions boft => Boft(boft),
        VeraOptions vera => Vera(vera),
        _ => throw new ArgumentException($"{options.GetType().Name} trains the network itself: there is no adapter to write.", nameof(options)),
    };

    private static PeftConfigWriter LowRank(LowRankOptions options, IReadOnlyList<LowRankAdapter> adapters, Func<string, string> fileName)
    {
        // PiSSA and OLoRA become plain LoRA on the whole weight, of twice the rank and alpha.
        var written = adapters.Select(adapter => (Name: fileName(adapter.Layer.Name), Rank: adapter.TakenFromWeight is null ? adapter.Rank : 2 * adapter.Rank, adapter.Scaling)).ToList();
        var factor = adapters.Any(adapter => adapter.TakenFromWeight is not null) ? 2 : 1;
        var alpha = options.IsRankStabilized && factor == 2 ? options.Alpha * Math.Sqrt(2) : options.Alpha * factor;
        var writer = WithLoraDefaults(PeftKeys.Lora, "LORA");
        writer["r"] = options.Rank * factor;
        writer["lora_alpha"] = alpha;
        writer["rank_pattern"] = written.Where(layer => layer.Rank != options.Rank * factor).ToDictionary(layer => layer.Name, object? (layer) => (int)layer.Rank);
        writer["alpha_pattern"] = written.Select(layer => (layer.Name, Alpha: Math.Round(layer.Scaling * (options.IsRankStabilized ? Math.Sqrt(layer.Rank) : layer.Rank), 9)))
            .Where(layer => Math.Abs(layer.Alpha - alpha) > 1e-9 * alpha).ToDictionary(layer => layer.Name, object? (layer) => layer.Alpha);
        writer["lora_dropout"] = options.Dropout;
        writer["use_rslora"] = options.IsRankStabilized;
        writer["use_dora"] = options is DoraOptions;
        writer["lora_bias"] = options is LoraOptions { HasUpdateBias: true };
        writer["init_lora_weights"] = PeftStart.ToPeft(options);
        if (PeftStart.ToPeft(options) is "eva" && options.Initialization is EvaOptions eva)
            writer["eva_config"] = new Dictionary<string, object?>
            {
                ["adjust_scaling_factors"] = true, ["label_mask_value"] = -100, ["rho"] = eva.Rho, ["tau"] = eva.Tau, ["use_label_mask"] = true, ["whiten"] = false,
            };
        return writer;
    }

    private static PeftConfigWriter AdaLora(AdaLoraOptions options, IReadOnlyList<AdaLoraAdapter> adapters, Func<string, string> fileName)
    {
        // The number of steps that the fractions were of is no longer known; 1,000 stands for it, to be set anew for training on.
        const int steps = 1000;
        var writer = WithLoraDefaults(PeftKeys.AdaLora, "ADALORA");
        (writer["init_r"], writer["target_r"], writer["lora_alpha"], writer["r"]) = (options.InitialRank, options.TargetRank, options.Alpha, 8);
        (writer["tinit"], writer["tfinal"], writer["total_step"]) = ((int)(options.InitialFraction * steps), (int)(options.FinalFraction * steps), steps);
        (writer["deltaT"], writer["beta1"], writer["beta2"], writer["orth_reg_weight"]) = (options.PruningInterval, options.ImportanceDecay, options.UncertaintyDecay, options.OrthogonalityWeight);
        writer["lora_dropout"] = options.Dropout;
        writer["rank_pattern"] = adapters.All(adapter => adapter.Kept is null) ? null
            : adapters.ToDictionary(adapter => $"{fileName(adapter.Layer.Name)}.lora_E", object? (adapter) => adapter.Kept ?? [.. Enumerable.Repeat(true, options.InitialRank)]);
        return writer;
    }

    private static PeftConfigWriter WithLoraDefaults(IReadOnlyList<string> keys, string method)
    {
        var writer = new PeftConfigWriter(keys, method);
        foreach (var key in new[] { "ensure_weight_tying", "lora_bias", "use_dora", "use_qalora", "use_rslora" })
            writer[key] = false;
        foreach (var key in new[] { "alpha_pattern", "loftq_config", "rank_pattern" })
            writer[key] = new Dictionary<string, object?>();
        (writer["megatron_core"], writer["qalora_group_size"], writer["init_lora_weights"]) = ("megatron.core", 16, true);
        return writer;
    }

    private static PeftConfigWriter Boft(BoftOptions options)
    {
        var writer = new PeftConfigWriter(PeftKeys.Boft, "BOFT");
        (writer["boft_block_num"], writer["boft_block_size"]) = options.BlockCount is { } count ? (count, 0) : (0, options.BlockSize ?? 4);
        (writer["boft_n_butterfly_factor"], writer["boft_dropout"], writer["init_weights"]) = (options.ButterflyFactors, options.Dropout, true);
        return writer;
    }

    private static PeftConfigWriter Vera(VeraOptions options)
    {
        var writer = new PeftConfigWriter([.. PeftKeys.Vera.Where(key => key != "exclude_modules")], "VERA");
        (writer["r"], writer["d_initial"], writer["vera_dropout"]) = (options.Rank, options.InitialScale, options.Dropout);
        (writer["init_weights"], writer["projection_prng_key"], writer["save_projection"]) = (true, 0, true);
        return writer;
    }

    /// <summary>The file's bytes.</summary>
    public byte[] ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
            Write(json, _values);
        return stream.ToArray();
    }

    private static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case IEnumerable<KeyValuePair<string, object?>> entries:
                json.WriteStartObject();
                foreach (var (key, item) in entries.OrderBy(entry => entry.Key, StringComparer.Ordinal))
                {
                    json.WritePropertyName(key);
                    Write(json, item);
                }
                json.WriteEndObject();
                break;
            case IEnumerable<string> texts:
                json.WriteStartArray();
                foreach (var text in texts)
                    json.WriteStringValue(text);
                json.WriteEndArray();
                break;
            case IEnumerable<bool> flags:
                json.WriteStartArray();
                foreach (var flag in flags)
                    json.WriteBooleanValue(flag);
                json.WriteEndArray();
                break;
            case double number: // as Python writes it, with a point
                json.WriteRawValue(number == Math.Floor(number) && Math.Abs(number) < 1e15 ? number.ToString("0.0", CultureInfo.InvariantCulture) : number.ToString("R", CultureInfo.InvariantCulture));
                break;
            default:
                JsonSerializer.Serialize(json, value);
                break;
        }
    }
}
