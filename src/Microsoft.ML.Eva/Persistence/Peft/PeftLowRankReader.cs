using System.Globalization;
using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones.Layers;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Persistence.Peft;

/// <summary>Reads LoRA, rsLoRA and DoRA, from whatever start: EVA's, PiSSA's, OLoRA's.</summary>
internal sealed class PeftLowRankReader : PeftReader
{
    private readonly int _rank;
    private readonly double _alpha;
    private readonly (PeftPattern Pattern, string Key, double Value)[] _ranks;
    private readonly (PeftPattern Pattern, string Key, double Value)[] _alphas;
    private readonly LowRankOptions _options;

    public PeftLowRankReader(PeftConfig config, PeftTensors tensors) : base(config, tensors)
    {
        _rank = config.Integer("r", 8, 1, int.MaxValue);
        _alpha = config.Number("lora_alpha", 8, _ => true, "a number");
        _ranks = Patterns("rank_pattern", value => value >= 1 && value == Math.Floor(value) && value <= int.MaxValue, "a whole number of at least 1");
        _alphas = Patterns("alpha_pattern", _ => true, "a number");
        var dropout = config.Number("lora_dropout", 0, value => value is >= 0 and < 1, "a number from 0 to less than 1");
        var hasUpdateBias = config.Boolean("lora_bias", absent: false);
        _options = config.Boolean("use_dora", absent: false) ? new DoraOptions() : new LoraOptions { HasUpdateBias = hasUpdateBias };
        if (hasUpdateBias && _options is DoraOptions)
            throw config.Fault("lora_bias", "is true together with use_dora, which PEFT does not have");
        (_options.Rank, _options.Alpha, _options.Dropout) = (_rank, _alpha, dropout);
        _options.IsRankStabilized = config.Boolean("use_rslora", absent: false);
        _options.Initialization = PeftStart.Read(config);
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<string> KnownKeys => PeftKeys.Lora;

    private (PeftPattern, string, double)[] Patterns(string key, Func<double, bool> isUsable, string wanted) =>
        [.. Config.Numbers(key, isUsable, wanted).Select(entry => (PeftPattern.LastParts(entry.Key, Config, key), entry.Key, entry.Value))];

    /// <inheritdoc/>
    protected override Func<LayerAdapter> Read(AdaptableLayer layer, string fileName, IReadOnlyList<string> fileNames)
    {
        var (why, rank) = Rank(fileNames);
        var alpha = _alphas.FirstOrDefault(pattern => pattern.Pattern.Matches(fileNames), (null!, "", _alpha)).Value;
        var scaling = _options.ScalingOf(rank, alpha);
        using var weight = layer.OutputsFirst(layer.Weight.Value);
        var kernel = weight.shape[1..];
        if (Tensors.Has($"{fileName}.lora_embedding_A"))
            return ReadEmbedding(layer, fileName, rank, scaling, why);
        if (kernel.Length == 3 && layer is AdaptableConv2d { Steps.Groups: > 1 })
            throw new InvalidDataException($"{Config.Source} adapts '{fileName}', a convolution in groups, which is not supported.");
        var a = Tensors.Take($"{fileName}.lora_A.weight", why, [rank, .. kernel]);
        var b = Tensors.Take($"{fileName}.lora_B.weight", why, kernel.Length == 1 ? [layer.OutFeatures, rank] : [layer.OutFeatures, rank, 1, 1]);
        if (_options is DoraOptions)
        {
            var magnitude = TakeMagnitude(layer, fileName, kernel.Length == 1 ? [layer.OutFeatures] : [1, layer.OutFeatures, 1, 1]);
            return () => new DoraAdapter(layer, scaling, Start(layer, rank, scaling, a, b), _options.Dropout, OnDevice(magnitude, layer));
        }
        var updateBias = _options is LoraOptions { HasUpdateBias: true } ? Tensors.Take($"{fileName}.lora_B.bias", "lora_bias asks for", [layer.OutFeatures]) : null;
        if (updateBias is not null && layer.Bias is null)
            throw new InvalidDataException($"{Config.Source} has lora_bias, but '{fileName}' has no bias to merge it into.");
        return () => new LoraAdapter(layer, scaling, Start(layer, rank, scaling, a, b), _options.Dropout, updateBias is null ? null : OnDevice(updateBias, layer));
    }

    private (string Why, int Rank) Rank(IReadOnlyList<string> fileNames)
    {
        var pattern = _ranks.FirstOrDefault(pattern => pattern.Pattern.Matches(fileNames));
        return pattern.Pattern is null
            ? (string.Create(CultureInfo.InvariantCulture, $"r = {_rank} and this layer ask for"), _rank)
            : (string.Create(CultureInfo.InvariantCulture, $"rank_pattern '{pattern.Key}' = {pattern.Value}, the first in the file that matches, and this layer ask for"), (int)pattern.Value);
    }

    // Before PEFT 0.11 the vector was a parameter of a module and had ".weight" in its name.
    private Tensor TakeMagnitude(AdaptableLayer layer, string fileName, long[] shape)
    {
        var name = $"{fileName}.lora_magnitude_vector";
        return Tensors.Take(Tensors.Has($"{name}.weight") ? $"{name}.weight" : name, "use_dora and this layer ask for", shape, [layer.OutFeatures]);
    }

    private Func<LayerAdapter> ReadEmbedding(AdaptableLayer layer, string fileName, int rank, double scaling, string why)
    {
        if (_options is DoraOptions)
            throw new InvalidDataException($"{Config.Source} adapts the embedding '{fileName}' by DoRA, which is not supported.");
        var a = Tensors.Take($"{fileName}.lora_embedding_A", why, [rank, layer.InFeatures]);
        var b = Tensors.Take($"{fileName}.lora_embedding_B", why, [layer.OutFeatures, rank]);
        if (Tensors.Has($"{fileName}.base_layer.weight"))
            Tensors.Ignore($"{fileName}.base_layer.weight");
        return () => new LoraAdapter(layer, scaling, new LowRankStart(OnDevice(a, layer), OnDevice(b, layer)));
    }

    private static Tensor OnDevice(Tensor tensor, AdaptableLayer layer) => tensor.to(layer.Weight.Value.device, copy: true);

    // PiSSA's and OLoRA's folders belong to what is left of the weight, which has to be made again.
    private LowRankStart Start(AdaptableLayer layer, int rank, double scaling, Tensor a, Tensor b)
    {
        var (onDeviceA, onDeviceB) = (OnDevice(a, layer), OnDevice(b, layer));
        if (_options.Initialization is not (PissaOptions or OloraOptions))
            return new LowRankStart(onDeviceA, onDeviceB);
        // Always exactly: the random numbers of a fast decomposition are not in the file, and PEFT draws new ones, too.
        var initialization = _options.Initialization is PissaOptions ? new PissaOptions() : _options.Initialization;
        using var generator = new Generator(0);
        var start = LowRankInitializer.Create(initialization, null).Initialize(layer, rank, scaling, generator);
        start.A.Dispose();
        start.B.Dispose();
        return start with { A = onDeviceA, B = onDeviceB };
    }

    /// <inheritdoc/>
    protected override AdapterOptions ToOptions(IReadOnlyList<LayerAdapter> adapters)
    {
        var factors = adapters.Cast<LowRankAdapter>().ToList();
        _options.RankPattern = factors.Where(adapter => adapter.Rank != _rank).ToDictionary(adapter => adapter.Layer.Name, adapter => (int)adapter.Rank);
        _options.AlphaPattern = factors.Select(adapter => (adapter.Layer.Name, Alpha: PeftStart.AlphaOf(adapter, _options.IsRankStabilized)))
            .Where(layer => layer.Alpha != _alpha).ToDictionary(layer => layer.Name, layer => layer.Alpha);
        return _options;
    }
}
