namespace Microsoft.ML.Eva;

/// <summary>
/// AdaLoRA: h = W·x + b + s·B·diag(E)·A·x, where training starts with more ranks than it ends with and takes them from the layers
/// whose triplets (a row of A, an entry of E, a column of B) matter least to the loss (arXiv 2303.10512).
/// </summary>
public sealed class AdaLoraOptions : AdapterOptions
{
    /// <summary>Gets or sets the rank of each layer at the start.</summary>
    /// <value>More than <see cref="TargetRank"/>, at most 1,024. Default: 12.</value>
    public int InitialRank { get; set; } = 12;

    /// <summary>Gets or sets the mean rank of the layers at the end.</summary>
    /// <value>1 to 1,023. Default: 8.</value>
    public int TargetRank { get; set; } = 8;

    /// <summary>Gets or sets the numerator of the scaling s = alpha / <see cref="InitialRank"/>, which pruning does not change.</summary>
    /// <value>Greater than 0. Default: 8.</value>
    public double Alpha { get; set; } = 8;

    /// <summary>Gets or sets the share of all steps, at the start, in which every layer keeps its initial rank.</summary>
    /// <value>0 to less than 1. Default: 0.1.</value>
    public double InitialFraction { get; set; } = 0.1;

    /// <summary>Gets or sets the share of all steps, at the end, in which the ranks stay what they have become.</summary>
    /// <value>0 to less than 1; with <see cref="InitialFraction"/> less than 1. Default: 0.3.</value>
    public double FinalFraction { get; set; } = 0.3;

    /// <summary>Gets or sets the number of steps from one pruning to the next.</summary>
    /// <value>At least 1. Default: 1.</value>
    public int PruningInterval { get; set; } = 1;

    /// <summary>Gets or sets how slowly the estimate of an entry's importance follows the last step's.</summary>
    /// <value>0 to less than 1. Default: 0.85.</value>
    public double ImportanceDecay { get; set; } = 0.85;

    /// <summary>Gets or sets how slowly the estimate of the importance's uncertainty follows the last step's.</summary>
    /// <value>0 to less than 1. Default: 0.85.</value>
    public double UncertaintyDecay { get; set; } = 0.85;

    /// <summary>Gets or sets the weight of the term that keeps A's rows and B's columns orthonormal.</summary>
    /// <value>At least 0. Default: 0.5.</value>
    public double OrthogonalityWeight { get; set; } = 0.5;

    /// <summary>Gets or sets the share of the adapter's input that is dropped at random while training.</summary>
    /// <value>0 to less than 1. Default: 0.</value>
    public double Dropout { get; set; }

    /// <summary>Gets or sets where A starts from. E starts at 0 and B from small random numbers, whichever it is.</summary>
    /// <value><see cref="RandomOptions"/> (normal, standard deviation 0.02) or <see cref="EvaOptions"/> with <see cref="EvaOptions.Rho"/> 1. Default: the former.</value>
    public InitializationOptions Initialization { get; set; } = new RandomOptions();

    internal override InitializationOptions? Start => Initialization;

    internal override void Validate(OptionsValidator validator)
    {
        base.Validate(validator);
        validator.Range(TargetRank, 1, 1023, nameof(TargetRank));
        validator.Require(InitialRank > TargetRank && InitialRank <= 1024, nameof(InitialRank), InitialRank, $"more than TargetRank ({TargetRank}), because AdaLoRA takes ranks away, and at most 1024");
        validator.Require(double.IsFinite(Alpha) && Alpha > 0, nameof(Alpha), Alpha, "a number greater than 0");
        validator.Require(InitialFraction is >= 0 and < 1, nameof(InitialFraction), InitialFraction, "a number from 0 to less than 1");
        validator.Require(FinalFraction is >= 0 and < 1, nameof(FinalFraction), FinalFraction, "a number from 0 to less than 1");
        validator.Require(!(InitialFraction + FinalFraction >= 1), nameof(FinalFraction), FinalFraction, "such that InitialFraction and FinalFraction leave steps to prune in");
        validator.Range(PruningInterval, 1, int.MaxValue, nameof(PruningInterval));
        validator.Require(ImportanceDecay is >= 0 and < 1, nameof(ImportanceDecay), ImportanceDecay, "a number from 0 to less than 1");
        validator.Require(UncertaintyDecay is >= 0 and < 1, nameof(UncertaintyDecay), UncertaintyDecay, "a number from 0 to less than 1");
        validator.Require(double.IsFinite(OrthogonalityWeight) && OrthogonalityWeight >= 0, nameof(OrthogonalityWeight), OrthogonalityWeight, "a number of at least 0");
        validator.Require(Dropout is >= 0 and < 1, nameof(Dropout), Dropout, "a number from 0 to less than 1");
        ValidateStart(validator);
    }

    private void ValidateStart(OptionsValidator validator)
    {
        validator.NotNull(Initialization, nameof(Initialization))?.Validate(validator);
        validator.Require(Initialization is null or RandomOptions { Distribution: RandomDistribution.Uniform } or EvaOptions, nameof(Initialization), Initialization?.GetType().Name,
            "RandomOptions without a distribution of its own, or EvaOptions: AdaLoRA's E starts at 0, so a start that takes its product out of the weight (PissaOptions, OloraOptions) would lose it");
        validator.Require(Initialization is not EvaOptions { Rho: > 1 }, $"{nameof(Initialization)}.{nameof(EvaOptions.Rho)}", (Initialization as EvaOptions)?.Rho,
            "1 with AdaLoraOptions, which moves ranks between layers itself while it trains");
    }

    internal override AdapterOptions Clone()
    {
        var clone = (AdaLoraOptions)base.Clone();
        clone.Initialization = Initialization.Clone();
        return clone;
    }
}
