using Microsoft.ML.Eva.Backbones.Layers;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>VeRA's frozen matrices, shared by all layers; each takes the corner it needs. Freed with the last adapter that holds it.</summary>
internal sealed class VeraProjection
{
    private int _holders;

    /// <summary>Takes ownership of <paramref name="a"/> [rank, largest in] and <paramref name="b"/> [largest out, rank].</summary>
    public VeraProjection(Tensor a, Tensor b) => (A, B) = (a.detach().DetachFromDisposeScope(), b.detach().DetachFromDisposeScope());

    /// <summary>[rank, largest in].</summary>
    public Tensor A { get; }

    /// <summary>[largest out, rank].</summary>
    public Tensor B { get; }

    /// <summary>Matrices wide enough for all <paramref name="layers"/>, uniform with variance 2 / columns (He's initialisation).</summary>
    public static VeraProjection Create(IReadOnlyCollection<AdaptableLayer> layers, int rank, Generator generator)
    {
        var (inFeatures, outFeatures) = (layers.Max(layer => layer.InFeatures), layers.Max(layer => layer.OutFeatures));
        var device = layers.First().Weight.Value.device;
        Tensor Draw(long rows, long columns) => LowRankInitializer.Draw([rows, columns], device, generator, empty => empty.uniform_(-Math.Sqrt(6.0 / columns), Math.Sqrt(6.0 / columns), generator));
        return new VeraProjection(Draw(rank, inFeatures), Draw(outFeatures, rank));
    }

    /// <summary>Counts one more holder.</summary>
    public VeraProjection Hold()
    {
        _holders++;
        return this;
    }

    /// <summary>Counts one holder less; the last one frees the matrices.</summary>
    public void Release()
    {
        if (--_holders > 0)
            return;
        A.Dispose();
        B.Dispose();
    }
}
