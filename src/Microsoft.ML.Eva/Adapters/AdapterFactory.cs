using Microsoft.ML.Eva.Backbones.Layers;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>Makes one method's adapters.</summary>
internal static class AdapterFactory
{
    /// <summary>Checks the whole plan against the method and returns what makes each layer's adapter.</summary>
    /// <exception cref="ArgumentException">A layer cannot be adapted in this way; the message names it and the reason.</exception>
    public static Func<PlannedLayer, LayerAdapter> Create(
        AdapterPlan plan, AdapterOptions options, IReadOnlyDictionary<AdaptableLayer, Tensor>? components, Generator generator)
    {
        if (options is LowRankOptions)
            RefuseGroups(plan);
        else
            RefuseConvolutions(plan, options);
        switch (options)
        {
            case LowRankOptions lowRank:
                var initializer = LowRankInitializer.Create(lowRank.Initialization, components);
                if (lowRank is LoraOptions { HasUpdateBias: true } && plan.Layers.FirstOrDefault(planned => planned.Layer.Bias is null) is { } bare)
                    throw new ArgumentException($"{nameof(LoraOptions.HasUpdateBias)}: '{bare.Layer.Name}' has no bias that the update's bias could be merged into.", nameof(options));
                return planned => LowRank(planned, lowRank, initializer, generator);
            case AdaLoraOptions adaLora:
                var start = adaLora.Initialization is EvaOptions ? LowRankInitializer.Create(adaLora.Initialization, components) : null;
                return planned => AdaLora(planned, adaLora, start, generator);
            case BoftOptions boft:
                foreach (var planned in plan.Layers)
                    ButterflyPattern.Create(boft, planned.Layer.Name, planned.Layer.InFeatures);
                return planned => BoftAdapter.Create(planned.Layer, boft);
            case VeraOptions vera:
                var projection = VeraProjection.Create([.. plan.Layers.Select(planned => planned.Layer)], vera.Rank, generator);
                return planned => VeraAdapter.Create(planned.Layer, projection, vera);
            default:
                throw new NotSupportedException($"No adapter is known for {options.GetType().Name}.");
        }
    }

    private static void RefuseConvolutions(AdapterPlan plan, AdapterOptions options)
    {
        if (plan.Layers.FirstOrDefault(planned => planned.Layer.Weight.Value.dim() != 2) is { } convolution)
            throw new ArgumentException($"{options.GetType().Name} adapts linear layers, but '{convolution.Layer.Name}' is a convolution [{string.Join(", ", convolution.Layer.Weight.Value.shape)}]. LoraOptions and DoraOptions adapt convolutions too.", nameof(options));
    }

    // One product B·A cannot be zero where a grouped kernel has no entries.
    private static void RefuseGroups(AdapterPlan plan)
    {
        if (plan.Layers.Select(planned => planned.Layer).OfType<AdaptableConv2d>().FirstOrDefault(layer => layer.Steps.Groups > 1) is { } grouped)
            throw new ArgumentException($"'{grouped.Name}' is a convolution in {grouped.Steps.Groups} groups, which low-rank adapters cannot follow. Name it in {nameof(AdapterOptions.ExcludedLayers)}.", "options");
    }

    private static LowRankAdapter LowRank(PlannedLayer planned, LowRankOptions options, LowRankInitializer initializer, Generator generator)
    {
        var (layer, rank, alpha) = planned;
        var scaling = options.ScalingOf(rank, alpha);
        var start = initializer.Initialize(layer, rank, scaling, generator);
        if (options is DoraOptions)
            return new DoraAdapter(layer, scaling, start, options.Dropout);
        var updateBias = options is LoraOptions { HasUpdateBias: true } ? zeros(layer.OutFeatures, float32, layer.Weight.Value.device) : null;
        return new LoraAdapter(layer, scaling, start, options.Dropout, updateBias);
    }

    private static AdaLoraAdapter AdaLora(PlannedLayer planned, AdaLoraOptions options, LowRankInitializer? start, Generator generator)
    {
        const double deviation = 0.02;
        var (layer, rank, alpha) = planned;
        var device = layer.Weight.Value.device;
        Tensor Draw(long rows, long columns) => LowRankInitializer.Draw([rows, columns], device, generator, empty => empty.normal_(0, deviation, generator));
        Tensor a;
        if (start is null)
        {
            a = Draw(rank, layer.InFeatures);
        }
        else
        {
            (a, var zeroB, _) = start.Initialize(layer, rank, 1, generator);
            zeroB.Dispose();
        }
        return new AdaLoraAdapter(layer, alpha, rank, new LowRankStart(a, Draw(layer.OutFeatures, rank)), zeros([rank, 1], float32, device), options.Dropout);
    }
}
