using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Deberta;

/// <summary>
/// DeBERTa's distances between tokens: exact up to half the number of buckets, then logarithmic up to the largest distance;
/// what lies beyond the table is clamped to its ends.
/// </summary>
internal static class RelativeDistances
{
    /// <summary>The row of the table of distances for every pair [tokens (query), tokens (key)] int64, for content to position. A fresh tensor.</summary>
    public static Tensor Rows(long tokens, RelativePositions settings, Device device)
    {
        using var scope = NewDisposeScope();
        var distances = Distances(tokens, settings, device);
        return distances.Plus(settings.Span).clamp(Scalars.Of(0), Scalars.Of(2 * settings.Span - 1)).MoveToOuterDisposeScope();
    }

    /// <summary>The row for every pair [tokens (key), tokens (query)], for position to content. A fresh tensor.</summary>
    public static Tensor MirroredRows(long tokens, RelativePositions settings, Device device)
    {
        using var scope = NewDisposeScope();
        var distances = Distances(tokens, settings, device);
        return distances.negative().Plus(settings.Span).clamp(Scalars.Of(0), Scalars.Of(2 * settings.Span - 1)).MoveToOuterDisposeScope();
    }

    private static Tensor Distances(long tokens, RelativePositions settings, Device device)
    {
        using var scope = NewDisposeScope();
        var places = arange(Scalars.Of(0), Scalars.Of(tokens), Scalars.One, ScalarType.Int64, device);
        return Of(places.unsqueeze(1) - places.unsqueeze(0), settings).MoveToOuterDisposeScope();
    }

    /// <summary>What every distance query − key, int64, counts as: itself or its bucket's number, with its sign. A fresh tensor.</summary>
    public static Tensor Of(Tensor distance, RelativePositions settings)
    {
        if (settings.BucketCount == 0)
            return distance.alias();
        using var scope = NewDisposeScope();
        var middle = settings.BucketCount / 2;
        var magnitude = distance.abs();
        // In float32 and in the reference's order, so that distances on a border fall to the same side.
        var logarithmic = magnitude.clamp_min(Scalars.Of(middle)).to_type(float32).div(Scalars.Of(middle)).log()
            .Over(Math.Log((settings.MaxDistance - 1.0) / middle)).Times(middle - 1).ceil().to_type(ScalarType.Int64).add(Scalars.Of(middle), Scalars.One);
        return where(magnitude.le(Scalars.Of(middle)), distance, logarithmic * distance.sign()).MoveToOuterDisposeScope();
    }
}
