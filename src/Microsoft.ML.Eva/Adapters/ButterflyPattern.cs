namespace Microsoft.ML.Eva.Adapters;

/// <summary>
/// BOFT's blocks: D blocks of width H on the diagonal, and for factor i the order of inputs in which its blocks join inputs that
/// lie 2^i half blocks apart.
/// </summary>
internal sealed record ButterflyPattern(int Factors, long BlockCount, long BlockSize)
{
    private const int DefaultBlockSize = 4;

    /// <summary>The pattern for a layer of <paramref name="inFeatures"/> inputs.</summary>
    /// <exception cref="ArgumentException">The blocks do not fill the layer; the message names it.</exception>
    public static ButterflyPattern Create(BoftOptions options, string layerName, long inFeatures)
    {
        var size = options.BlockCount is { } count ? (inFeatures % count == 0 ? inFeatures / count : 0) : options.BlockSize ?? DefaultBlockSize;
        if (size == 0 || inFeatures % size != 0)
            throw new ArgumentException(options.BlockCount is not null
                ? $"BlockCount {options.BlockCount} does not divide the {inFeatures} inputs of '{layerName}'."
                : $"BlockSize {size} does not divide the {inFeatures} inputs of '{layerName}'.", nameof(options));
        var pattern = new ButterflyPattern(options.ButterflyFactors, inFeatures / size, size);
        if (pattern.Fault is { } fault)
            throw new ArgumentException($"'{layerName}' has {inFeatures} inputs in {pattern.BlockCount} blocks of {size}: {fault}.", nameof(options));
        return pattern;
    }

    /// <summary>Why this pattern is none; null if it is one.</summary>
    public string? Fault => Factors switch
    {
        > 1 when BlockSize % 2 != 0 => $"{Factors} butterfly factors need blocks of even width",
        > 30 => "there are more than 30 butterfly factors",
        > 1 when BlockCount % (1L << (Factors - 1)) != 0 => $"{Factors} butterfly factors need a multiple of {1L << (Factors - 1)} blocks",
        _ => null,
    };

    /// <summary>For factor <paramref name="factor"/>: which input stands at each place before the blocks. Null for the first, which leaves the order alone.</summary>
    public long[]? Order(int factor)
    {
        if (factor == 0)
            return null;
        // Segments of 2^factor blocks; in each, the half blocks at even places come first.
        var half = BlockSize / 2;
        var segment = BlockSize << factor;
        var halves = segment / half;
        var order = new long[BlockCount * BlockSize];
        for (long place = 0; place < order.Length; place++)
        {
            var (inSegment, start) = (place % segment, place - place % segment);
            var (piece, within) = (inSegment / half, inSegment % half);
            var source = piece < halves / 2 ? 2 * piece : 2 * (piece - halves / 2) + 1;
            order[place] = start + source * half + within;
        }
        return order;
    }
}
