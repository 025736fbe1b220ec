namespace Microsoft.ML.Eva;

/// <summary>What low-rank adapters have in common: W·x is joined by s·B·A·x with A [rank, in] and B [out, rank].</summary>
public abstract class LowRankOptions : AdapterOptions
{
    private protected LowRankOptions()
    {
    }

    /// <summary>Gets or sets the rank of each layer's adapter. With <see cref="EvaOptions"/> it is the mean over the layers: ranks move to where they explain most variance.</summary>
    /// <value>1 to 1,024. Default: 8.</value>
    public int Rank { get; set; } = 8;

    /// <summary>Gets or sets the numerator of the scaling s = alpha / rank (LoRA, section 4.1).</summary>
    /// <value>Greater than 0. Default: 8.</value>
    public double Alpha { get; set; } = 8;

    /// <summary>Gets or sets where the adapters start from.</summary>
    /// <value>Default: <see cref="EvaOptions"/> with its defaults.</value>
    public InitializationOptions Initialization { get; set; } = new EvaOptions();

    internal override void Validate(OptionsValidator validator)
    {
        base.Validate(validator);
        validator.Range(Rank, 1, 1024, nameof(Rank));
        validator.Require(double.IsFinite(Alpha) && Alpha > 0, nameof(Alpha), Alpha, "a number greater than 0");
        validator.NotNull(Initialization, nameof(Initialization))?.Validate(validator);
    }
}
