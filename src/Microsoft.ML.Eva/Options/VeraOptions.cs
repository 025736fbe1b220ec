namespace Microsoft.ML.Eva;

/// <summary>
/// VeRA (ELoRA in the EVA paper): h = W·x + b + λ_b⊙(B·(λ_d⊙(A·x))), where A and B are random, frozen and shared by all layers, and
/// only the two vectors are trained (arXiv 2310.11454). By far the fewest parameters.
/// </summary>
public sealed class VeraOptions : AdapterOptions
{
    /// <summary>Gets or sets the number of rows of A, shared by all layers.</summary>
    /// <value>1 to 65,536. Default: 256.</value>
    public int Rank { get; set; } = 256;

    /// <summary>Gets or sets the value that every entry of λ_d starts from; λ_b starts from 0.</summary>
    /// <value>Not 0. Default: 0.1.</value>
    public double InitialScale { get; set; } = 0.1;

    /// <summary>Gets or sets the share of the adapter's input that is dropped at random while training.</summary>
    /// <value>0 to less than 1. Default: 0.</value>
    public double Dropout { get; set; }

    internal override void Validate(OptionsValidator validator)
    {
        base.Validate(validator);
        validator.Range(Rank, 1, 65_536, nameof(Rank));
        validator.Require(double.IsFinite(InitialScale) && InitialScale != 0, nameof(InitialScale), InitialScale, "a number other than 0 (with 0 nothing would ever learn)");
        validator.Require(Dropout is >= 0 and < 1, nameof(Dropout), Dropout, "a number from 0 to less than 1");
    }
}
