using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>A start made of the weight itself: s·B·A is taken out of it, so that the layer's output stays the same.</summary>
internal abstract class WeightFactorInitializer : LowRankInitializer
{
    /// <inheritdoc/>
    public override LowRankStart Initialize(AdaptableLayer layer, int rank, double scaling, Generator generator)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var weight = layer.OutputsFirst(layer.Weight.Value);
        var matrix = weight.to(float32).reshape(layer.OutFeatures, -1);
        var most = Math.Min(matrix.shape[0], matrix.shape[1]);
        if (rank > most)
            throw new ArgumentException($"'{layer.Name}' is [{matrix.shape[0]}, {matrix.shape[1]}] and cannot give {rank} ranks of its own weight away; at most {most}.");
        var (a, b) = Factor(matrix, rank, scaling, generator);
        var residual = layer.OutputsFirst((matrix - b.mm(a).Times(scaling)).reshape(weight.shape)).to(layer.Weight.Value.dtype).contiguous();
        layer.Weight.Replace(residual);
        a = a.reshape(ShapeOfA(layer, rank));
        var taken = new LowRankFactors(a.clone().DetachFromDisposeScope(), b.clone().DetachFromDisposeScope());
        return new LowRankStart(a.clone().MoveToOuterDisposeScope(), b.clone().MoveToOuterDisposeScope(), taken);
    }

    /// <summary>A [rank, in] and B [out, rank] whose product times <paramref name="scaling"/> is a part of <paramref name="matrix"/> [out, in].</summary>
    protected abstract (Tensor A, Tensor B) Factor(Tensor matrix, int rank, double scaling, Generator generator);
}
