using Microsoft.ML.Eva.Backbones.Layers;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>One layer to adapt, with its own rank and alpha (for methods that have them).</summary>
internal sealed record PlannedLayer(AdaptableLayer Layer, int Rank, double Alpha);

/// <summary>The layers to adapt, in the network's order. Immutable: EVA reads one and returns another with ranks redistributed.</summary>
internal sealed record AdapterPlan(IReadOnlyList<PlannedLayer> Layers);
