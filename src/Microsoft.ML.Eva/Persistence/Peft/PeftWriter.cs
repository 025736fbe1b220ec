using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Gpt2;
using Microsoft.ML.Eva.Backbones.Layers;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Persistence.Peft;

/// <summary>Writes a network's adapters as PEFT would have: names, shapes, configuration.</summary>
internal sealed class PeftWriter(Network network, AdapterOptions options, bool isFamilyHead)
{
    private readonly PeftModules _modules = new(network);
    private readonly PeftFamily? _family = PeftFamily.Find(network.Checkpoint.ModelType);
    private readonly List<LayerAdapter> _adapters = [.. network.Adapters];

    /// <summary>The tensors of adapter_model.safetensors, in the caller's dispose scope.</summary>
    public Dictionary<string, Tensor> Tensors()
    {
        using var frozen = no_grad();
        var tensors = new Dictionary<string, Tensor>();
        foreach (var adapter in _adapters)
            foreach (var (name, tensor) in OfAdapter(adapter))
                tensors.Add($"{PeftTensors.Prefix}{FileName(adapter.Layer.Name)}{name[adapter.Layer.Name.Length..]}", tensor);
        if (_adapters.OfType<VeraAdapter>().FirstOrDefault() is { } vera)
            (tensors["base_model.vera_A"], tensors["base_model.vera_B"]) = (vera.Projection.A, vera.Projection.B);
        foreach (var weight in WholeWeights())
            tensors.TryAdd(PeftTensors.Prefix + FileNameOfWeight(weight), weight.Value.detach());
        return tensors;
    }

    /// <summary>The head's tensors where it is none of the family's own, for a file beside; null otherwise.</summary>
    public Dictionary<string, Tensor>? HeadTensors() => isFamilyHead ? null : network.Head.Weights.ToDictionary(weight => weight.Name, weight => weight.Value.detach());

    /// <summary>Whether nothing else of the network was changed, so that base and folder together give the network as it is.</summary>
    public bool IsComplete
    {
        get
        {
            var written = WholeWeights().Concat(network.Head.Weights).Concat(_adapters.Where(adapter => adapter is LowRankAdapter { TakenFromWeight: not null }).Select(adapter => adapter.Layer.Weight)).ToHashSet();
            return network.Weights.All(weight => !weight.IsOwned || written.Contains(weight));
        }
    }

    /// <summary>The bytes of adapter_config.json.</summary>
    public byte[] Config(string baseName)
    {
        var writer = PeftConfigWriter.Create(options, _adapters, FileName);
        writer["base_model_name_or_path"] = baseName;
        writer["bias"] = options.Biases switch { BiasTraining.All => "all", BiasTraining.AdaptedLayers => options is BoftOptions ? "boft_only" : options is VeraOptions ? "vera_only" : "lora_only", _ => "none" };
        writer["target_modules"] = _adapters.Select(adapter => FileName(adapter.Layer.Name)).Order(StringComparer.Ordinal).ToArray();
        writer["fan_in_fan_out"] = _adapters.Any(adapter => adapter.Layer is AdaptableLinear { IsTransposed: true });
        var saved = (options.TrainedModules ?? []).Concat(isFamilyHead ? _modules.HeadModules.Select(HeadName) : []).Distinct().Order(StringComparer.Ordinal).ToArray();
        writer["modules_to_save"] = saved.Length > 0 ? saved : null;
        writer["task_type"] = !isFamilyHead ? "FEATURE_EXTRACTION" : network.Head is LanguageModelHead ? "CAUSAL_LM" : _family?.TaskType;
        writer["auto_mapping"] = isFamilyHead && _family is { TaskType: null } family
            ? new Dictionary<string, object?> { ["base_model_class"] = family.Class, ["parent_library"] = family.Library }
            : null;
        return writer.ToJson();
    }

    // The first part of a head's module, but for a pooler, which lies inside the backbone of BERT.
    private static string HeadName(string module) => module.Split('.')[0];

    private string FileName(string module) => isFamilyHead && _family is not null && (!_modules.HeadModules.Contains(module) || IsInsideBackbone(module))
        ? $"{_family.Prefix}.{_modules.InMemory(module)}"
        : _modules.InMemory(module);

    private bool IsInsideBackbone(string headModule) => _modules.ModelType == "bert" && headModule.StartsWith("pooler.", StringComparison.Ordinal);

    private string FileNameOfWeight(Weight weight)
    {
        var end = weight.Name.LastIndexOf('.');
        var (module, parameter) = (weight.Name[..end], weight.Name[end..]);
        var isAdapted = _adapters.Any(adapter => adapter.Layer.Name == module);
        return $"{FileName(module)}{(isAdapted ? ".base_layer" : "")}{parameter}";
    }

    private IEnumerable<Weight> WholeWeights()
    {
        var adaptedBiases = _adapters.Select(adapter => adapter.Layer.Bias).OfType<Weight>().ToHashSet();
        return network.Weights.Where(weight =>
            (isFamilyHead && network.Head.Weights.Contains(weight))
            || (options.Biases == BiasTraining.All && weight.Name.EndsWith(".bias", StringComparison.Ordinal) && (isFamilyHead || !network.Head.Weights.Contains(weight)))
            || (options.Biases == BiasTraining.AdaptedLayers && adaptedBiases.Contains(weight))
            || (options.TrainedModules ?? []).Any(module => LayerSelector.MatchesWithin(module, weight.Name[..weight.Name.LastIndexOf('.')])));
    }

    private static IEnumerable<(string Name, Tensor Tensor)> OfAdapter(LayerAdapter adapter) => adapter switch
    {
        LowRankAdapter { TakenFromWeight: { } taken } lowRank => OfWholeWeight(lowRank, taken),
        AdaLoraAdapter { Kept: not null } adaLora => KeptTriplets(adaLora, adaLora.TripletsInUse()),
        _ => adapter.Weights.Select(weight => (weight.Name, weight.Value.detach())),
    };

    // W₀ + s·(B·A − B₀·A₀) with W₀ whole: PEFT's conversion, which any reader of plain LoRA understands.
    private static IEnumerable<(string, Tensor)> OfWholeWeight(LowRankAdapter adapter, LowRankFactors taken)
    {
        yield return (adapter.A.Name, cat([adapter.A.Value, taken.A]));
        yield return (adapter.B.Name, cat([adapter.B.Value, -taken.B.reshape([.. taken.B.shape, .. Enumerable.Repeat(1L, (int)(adapter.B.Value.dim() - taken.B.dim()))])], 1));
        foreach (var weight in adapter.Weights.Where(weight => weight != adapter.A && weight != adapter.B))
            yield return (weight.Name, weight.Value.detach());
    }

    private static IEnumerable<(string, Tensor)> KeptTriplets(AdaLoraAdapter adapter, IReadOnlyList<bool> kept)
    {
        using var places = tensor(kept.Select((isKept, place) => (isKept, place)).Where(item => item.isKept).Select(item => (long)item.place).ToArray(), device: adapter.A.Value.device);
        return
        [
            (adapter.A.Name, adapter.A.Value.index_select(0, places)),
            (adapter.B.Name, adapter.B.Value.index_select(1, places)),
            (adapter.E.Name, adapter.E.Value.index_select(0, places)),
        ];
    }
}
