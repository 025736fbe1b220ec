using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Layers;

namespace Microsoft.ML.Eva.Persistence.Peft;

/// <summary>A module of the network that has a weight.</summary>
/// <param name="Name">Its name in the network.</param>
/// <param name="Weight">Its weight.</param>
/// <param name="Bias">Its bias, or null.</param>
/// <param name="Layer">Its seat for an adapter; null for embeddings, normalisation layers and heads.</param>
internal sealed record PeftModule(string Name, Weight Weight, Weight? Bias, AdaptableLayer? Layer)
{
    /// <summary>Whether PEFT could adapt a module with such a weight.</summary>
    public bool IsAdaptable => Weight.Value.dim() is 2 or 4;
}
