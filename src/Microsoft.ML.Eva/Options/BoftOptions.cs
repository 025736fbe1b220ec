namespace Microsoft.ML.Eva;

/// <summary>
/// BOFT: the weight's inputs are rotated by a product of sparse orthogonal matrices in the pattern of the fast Fourier transform's
/// butterflies, and its outputs scaled (arXiv 2311.06243). h = s⊙(W·R·x) + b; angles between neurons stay as they were.
/// </summary>
public sealed class BoftOptions : AdapterOptions
{
    /// <summary>Gets or sets the width of one rotation block. It must divide every adapted layer's inputs.</summary>
    /// <value>At least 2; <see langword="null"/> when <see cref="BlockCount"/> is set, else a width of 4. Default: <see langword="null"/>.</value>
    public int? BlockSize { get; set; }

    /// <summary>Gets or sets the number of rotation blocks, instead of their width. It must divide every adapted layer's inputs.</summary>
    /// <value>At least 1, or <see langword="null"/>. Default: <see langword="null"/>.</value>
    public int? BlockCount { get; set; }

    /// <summary>Gets or sets the number of butterfly factors. Every factor more lets twice as many inputs mix; 1 is OFT with a scale.</summary>
    /// <value>1 to 16. Above 1 the block's width must be even, and the number of blocks a multiple of 2^(factors − 1). Default: 1.</value>
    public int ButterflyFactors { get; set; } = 1;

    /// <summary>Gets or sets the share of blocks that are replaced by the identity at random while training.</summary>
    /// <value>0 to less than 1. Default: 0.</value>
    public double Dropout { get; set; }

    internal override void Validate(OptionsValidator validator)
    {
        base.Validate(validator);
        validator.Require(BlockSize is null or >= 2, nameof(BlockSize), BlockSize, "at least 2, or null");
        validator.Require(BlockCount is null or >= 1, nameof(BlockCount), BlockCount, "at least 1, or null");
        validator.Require(BlockSize is null || BlockCount is null, nameof(BlockCount), BlockCount, $"null when BlockSize is set (it is {BlockSize}): the one follows from the other");
        validator.Range(ButterflyFactors, 1, 16, nameof(ButterflyFactors));
        validator.Require(Dropout is >= 0 and < 1, nameof(Dropout), Dropout, "a number from 0 to less than 1");
    }
}
