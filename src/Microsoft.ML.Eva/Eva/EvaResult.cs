using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones.Layers;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Eva;

/// <summary>What the warm-up gives: ranks, alphas and each layer's A. Immutable; owns the tensors.</summary>
internal sealed record EvaResult : IDisposable
{
    /// <summary>The plan with EVA's ranks and alphas, without the layers of rank 0.</summary>
    public required AdapterPlan Plan { get; init; }

    /// <summary>A [rank, features], float32, of each layer in <see cref="Plan"/>; of a convolution the features are its flattened patches.</summary>
    public required IReadOnlyDictionary<AdaptableLayer, Tensor> Components { get; init; }

    /// <summary>What was found about every layer of the plan that came in, in its order.</summary>
    public required IReadOnlyList<LayerSpectrum> Layers { get; init; }

    /// <summary>What each mini-batch changed.</summary>
    public required IReadOnlyList<EvaPass> Passes { get; init; }

    /// <summary>Number of forward passes, the one that finds equal inputs included.</summary>
    public int ForwardPasses => Passes.Count + 1;

    /// <summary>Whether the components in use became stable before the mini-batches ended.</summary>
    public required bool HasConverged { get; init; }

    /// <summary>Number of mini-batches analysed.</summary>
    public int Batches => Passes.Count;

    /// <summary>Names of the layers of rank 0.</summary>
    public IEnumerable<string> RemovedLayers => Layers.Where(layer => layer.Rank == 0).Select(layer => layer.Name);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in Components.Values)
            tensor.Dispose();
    }
}
