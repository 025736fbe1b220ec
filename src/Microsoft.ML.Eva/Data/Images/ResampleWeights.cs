namespace Microsoft.ML.Eva.Data.Images;

/// <summary>
/// Which source pixels make a destination pixel along one axis, and with which weights – in fixed point with 22 bits after the
/// point, so that a pass over bytes gives Pillow's bytes. Only a window of the destination is worked out.
/// </summary>
internal sealed class ResampleWeights
{
    /// <summary>Bits after the point: 32 less 8 of the pixel less 2 for weights beyond [0, 1] and the sign.</summary>
    public const int Precision = 22;

    private readonly int[] _starts;
    private readonly int[] _counts;
    private readonly int[] _weights;
    private readonly int _most;

    private ResampleWeights(int[] starts, int[] counts, int[] weights, int most) => (_starts, _counts, _weights, _most) = (starts, counts, weights, most);

    /// <summary>Number of destination pixels in the window.</summary>
    public int Count => _starts.Length;

    /// <summary>The first source pixel that is used at all.</summary>
    public int First => _starts[0];

    /// <summary>One more than the last source pixel that is used at all.</summary>
    public int End => _starts[^1] + _counts[^1];

    /// <summary>The weights of the source pixels that make the destination pixel <paramref name="index"/> of the window, from <paramref name="start"/> on.</summary>
    public ReadOnlySpan<int> At(int index, out int start)
    {
        start = _starts[index];
        return _weights.AsSpan(index * _most, _counts[index]);
    }

    /// <summary>Weights for the destination pixels from <paramref name="first"/> on, of <paramref name="size"/> made from <paramref name="sourceSize"/>.</summary>
    public static ResampleWeights Create(ResampleFilter filter, int sourceSize, int size, int first, int count)
    {
        var scale = (double)sourceSize / size;
        var filterScale = Math.Max(scale, 1); // reduction: every source pixel takes part
        var support = filter.Support * filterScale;
        var most = ((int)Math.Ceiling(support) * 2) + 1;
        var (starts, counts, weights) = (new int[count], new int[count], new int[checked(count * most)]);
        var exact = new double[most];
        for (var i = 0; i < count; i++)
        {
            var center = (first + i + 0.5) * scale;
            var start = Math.Max(0, (int)(center - support + 0.5));
            var length = Math.Min(sourceSize, (int)(center + support + 0.5)) - start;
            double sum = 0;
            for (var k = 0; k < length; k++)
                sum += exact[k] = filter.Weight((k + start - center + 0.5) / filterScale);
            for (var k = 0; k < length; k++)
                weights[(i * most) + k] = Fixed(sum == 0 ? exact[k] : exact[k] / sum);
            (starts[i], counts[i]) = (start, length);
        }
        return new ResampleWeights(starts, counts, weights, most);
    }

    private static int Fixed(double weight) => (int)((weight * (1 << Precision)) + (weight < 0 ? -0.5 : 0.5));
}
