using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Layers;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>Makes the adapters a plan asks for and puts them into the layers' seats.</summary>
internal static class AdapterInjector
{
    /// <summary>
    /// Seats one adapter in every planned layer of a rank above 0. The network owns them from then on.
    /// </summary>
    /// <param name="network">The network the planned layers belong to.</param>
    /// <param name="plan">Which layers, with which ranks.</param>
    /// <param name="options">The method.</param>
    /// <param name="components">EVA's A of every planned layer [rank, in]; copied. Null where the start needs no data.</param>
    /// <param name="generator">Source of the random parts.</param>
    public static IReadOnlyList<LayerAdapter> Seat(
        Network network, AdapterPlan plan, AdapterOptions options, IReadOnlyDictionary<AdaptableLayer, Tensor>? components, Generator generator)
    {
        if (options is not LowRankOptions lowRank)
            throw new NotSupportedException($"No adapter is known for {options.GetType().Name}.");
        if (plan.Layers.FirstOrDefault(planned => planned.Layer.Adapter is not null) is { } taken)
            throw new InvalidOperationException($"'{taken.Layer.Name}' has an adapter already; merge it first.");
        var initializer = CreateInitializer(lowRank, components);
        var adapters = new List<LayerAdapter>();
        foreach (var (layer, rank, alpha) in plan.Layers)
        {
            if (rank == 0)
                continue;
            var scaling = alpha / rank;
            var adapter = new LoraAdapter(layer, scaling, initializer.Initialize(layer, rank, scaling, generator));
            layer.Adapter = adapter;
            adapters.Add(adapter);
        }
        foreach (var weight in network.Head.Weights)
            weight.MakeTrainable();
        return adapters;
    }

    private static LowRankInitializer CreateInitializer(LowRankOptions options, IReadOnlyDictionary<AdaptableLayer, Tensor>? components) => options.Initialization switch
    {
        EvaOptions => new ComponentInitializer(components ?? throw new ArgumentNullException(nameof(components), "EVA starts from the components of the layers' inputs.")),
        _ => new RandomInitializer(),
    };
}
