using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Layers;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>Makes a network ready to be trained by a method: adapters into their seats, and gradients for whatever is trained beside them.</summary>
internal static class AdapterInjector
{
    /// <summary>
    /// Seats one adapter in every planned layer of a rank above 0 and makes the head, and the biases and modules that the
    /// options name, trainable. The network owns the adapters from then on.
    /// </summary>
    /// <param name="network">The network the planned layers belong to.</param>
    /// <param name="plan">Which layers, with which ranks.</param>
    /// <param name="options">The method.</param>
    /// <param name="components">EVA's A of every planned layer [rank, in]; copied. Null where the start needs no data.</param>
    /// <param name="generator">Source of the random parts.</param>
    /// <exception cref="ArgumentException">A layer cannot be adapted in this way. The network is as it was.</exception>
    public static IReadOnlyList<LayerAdapter> Seat(
        Network network, AdapterPlan plan, AdapterOptions options, IReadOnlyDictionary<AdaptableLayer, Tensor>? components, Generator generator)
    {
        if (plan.Layers.FirstOrDefault(planned => planned.Layer.Adapter is not null) is { } taken)
            throw new InvalidOperationException($"'{taken.Layer.Name}' has an adapter already; merge it first.");
        var beside = TrainedBesideAdapters(network, plan, options).ToList();
        IReadOnlyList<LayerAdapter> adapters = options is FullFineTuningOptions or HeadOnlyOptions ? [] : Seat(WithoutEmptyLayers(plan, options), options, components, generator);
        foreach (var weight in beside)
            weight.MakeTrainable();
        return adapters;
    }

    /// <summary>Makes all but the adapters trainable that the options name, for adapters that were read into their seats.</summary>
    public static void MakeTrainableBesideAdapters(Network network, AdapterOptions options)
    {
        var plan = new AdapterPlan([.. network.Adapters.Select(adapter => new PlannedLayer(adapter.Layer, 0, 0))]);
        foreach (var weight in TrainedBesideAdapters(network, plan, options).ToList())
            weight.MakeTrainable();
    }

    private static AdapterPlan WithoutEmptyLayers(AdapterPlan plan, AdapterOptions options) =>
        options is LowRankOptions or AdaLoraOptions ? new AdapterPlan([.. plan.Layers.Where(planned => planned.Rank > 0)]) : plan;

    private static List<LayerAdapter> Seat(AdapterPlan plan, AdapterOptions options, IReadOnlyDictionary<AdaptableLayer, Tensor>? components, Generator generator)
    {
        var create = AdapterFactory.Create(plan, options, components, generator);
        var adapters = new List<LayerAdapter>();
        try
        {
            foreach (var planned in plan.Layers)
            {
                adapters.Add(create(planned));
                planned.Layer.Adapter = adapters[^1];
            }
            return adapters;
        }
        catch
        {
            foreach (var adapter in adapters)
            {
                if (adapter is LowRankAdapter { TakenFromWeight: not null })
                    adapter.Layer.Weight.Dispose(); // back to the shared weight
                adapter.Layer.Adapter = null;
                adapter.Dispose();
            }
            throw;
        }
    }

    private static IEnumerable<Weight> TrainedBesideAdapters(Network network, AdapterPlan plan, AdapterOptions options)
    {
        var trained = new HashSet<Weight>(network.Head.Weights);
        if (options is FullFineTuningOptions)
            trained.UnionWith(options.TargetLayers is null && options.ExcludedLayers is null ? network.Weights : plan.Layers.SelectMany(planned => WeightsOf(planned.Layer)));
        if (options.Biases == BiasTraining.AdaptedLayers)
            trained.UnionWith(plan.Layers.Select(planned => planned.Layer.Bias).OfType<Weight>());
        if (options.Biases == BiasTraining.All)
            trained.UnionWith(network.Weights.Where(weight => weight.Name.EndsWith(".bias", StringComparison.Ordinal)));
        foreach (var module in options.TrainedModules ?? [])
            trained.UnionWith(FindModule(network, module));
        return network.Weights.Where(trained.Contains);
    }

    private static IEnumerable<Weight> WeightsOf(AdaptableLayer layer) => layer.Bias is null ? [layer.Weight] : [layer.Weight, layer.Bias];

    private static List<Weight> FindModule(Network network, string module)
    {
        var found = network.Weights.Where(weight => LayerSelector.MatchesWithin(module, ModuleOf(weight))).ToList();
        return found.Count > 0 ? found : throw new ArgumentException(
            LayerSelector.DescribeUnknown(module, nameof(AdapterOptions.TrainedModules), [.. network.Weights.Select(ModuleOf).Distinct()]), nameof(AdapterOptions.TrainedModules));
    }

    private static string ModuleOf(Weight weight) => weight.Name.LastIndexOf('.') is > 0 and var end ? weight.Name[..end] : weight.Name;
}
