namespace Microsoft.ML.Eva;

/// <summary>
/// PiSSA: A and B start as the weight's own largest singular vectors, and the frozen weight is what remains
/// (arXiv 2404.02948). The network's output before the first step is the pretrained one's up to rounding.
/// </summary>
public sealed class PissaOptions : InitializationOptions
{
    /// <summary>Gets or sets the number of power iterations of a randomised decomposition, many times faster than the exact one on wide layers.</summary>
    /// <value>1 to 64 (16 is nearly exact), or <see langword="null"/> for the exact decomposition. Default: <see langword="null"/>.</value>
    public int? Iterations { get; set; }

    internal override void Validate(OptionsValidator validator) =>
        validator.Require(Iterations is null or (>= 1 and <= 64), nameof(Iterations), Iterations, "from 1 to 64, or null");
}
