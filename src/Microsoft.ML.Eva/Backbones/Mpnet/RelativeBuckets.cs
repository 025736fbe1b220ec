using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Mpnet;

/// <summary>
/// T5's buckets for distances between tokens: near ones have a bucket each, farther ones share buckets that grow with the
/// logarithm; half of the buckets are for each direction.
/// </summary>
internal static class RelativeBuckets
{
    /// <summary>How many there are. The same in every MPNet.</summary>
    public const int Count = 32;

    private const int MaxDistance = 128;

    /// <summary>The bucket of every pair [tokens (query), tokens (key)] int64. A fresh tensor.</summary>
    public static Tensor For(long tokens, Device device)
    {
        using var scope = NewDisposeScope();
        var places = arange(Scalars.Of(0), Scalars.Of(tokens), Scalars.One, ScalarType.Int64, device);
        return Of(places.unsqueeze(0) - places.unsqueeze(1)).MoveToOuterDisposeScope();
    }

    /// <summary>The bucket of every distance key − query, int64. A fresh tensor.</summary>
    public static Tensor Of(Tensor ahead)
    {
        using var scope = NewDisposeScope();
        const int half = Count / 2;
        const int exact = half / 2;
        var distance = ahead.abs();
        // In float32 and in the reference's order, so that distances on a border fall to the same side.
        var logarithmic = distance.to_type(float32).div(Scalars.Of(exact)).log().Over(Math.Log((double)MaxDistance / exact)).Times(half - exact)
            .to_type(ScalarType.Int64).add(Scalars.Of(exact), Scalars.One).clamp_max(Scalars.Of(half - 1));
        var bucket = where(distance.lt(Scalars.Of(exact)), distance, logarithmic);
        return bucket.Plus(ahead.gt(Scalars.Of(0)).to_type(ScalarType.Int64).Times(half)).MoveToOuterDisposeScope();
    }
}
