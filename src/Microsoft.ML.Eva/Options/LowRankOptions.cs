namespace Microsoft.ML.Eva;

/// <summary>What LoRA and DoRA have in common: W·x is joined by s·B·A·x with A [rank, in] and B [out, rank].</summary>
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

    /// <summary>Gets or sets other ranks for some layers; keys are written like <see cref="AdapterOptions.TargetLayers"/>. Two keys that give one layer different ranks are an error.</summary>
    /// <value>Ranks from 1 to 1,024. Default: <see langword="null"/>, <see cref="Rank"/> everywhere.</value>
    public IReadOnlyDictionary<string, int>? RankPattern { get; set; }

    /// <summary>Gets or sets other alphas for some layers; keys are written like <see cref="AdapterOptions.TargetLayers"/>. Two keys that give one layer different alphas are an error.</summary>
    /// <value>Greater than 0. Default: <see langword="null"/>, <see cref="Alpha"/> everywhere.</value>
    public IReadOnlyDictionary<string, double>? AlphaPattern { get; set; }

    /// <summary>Gets or sets whether the scaling is alpha / √rank instead of alpha / rank (rsLoRA, arXiv 2312.03732), so that it does not fade as ranks grow.</summary>
    /// <value>Default: <see langword="false"/>.</value>
    public bool IsRankStabilized { get; set; }

    /// <summary>Gets or sets the share of the adapter's input that is dropped at random while training.</summary>
    /// <value>0 to less than 1. Default: 0.</value>
    public double Dropout { get; set; }

    /// <summary>Gets or sets how many times faster B and all vectors (biases, DoRA's magnitudes) learn than A (LoRA+, arXiv 2402.12354, which suggests 16).</summary>
    /// <value>At least 1. Default: 1, plain LoRA.</value>
    public double LearningRateRatio { get; set; } = 1;

    /// <summary>Gets or sets where the adapters start from.</summary>
    /// <value>Default: <see cref="EvaOptions"/> with its defaults.</value>
    public InitializationOptions Initialization { get; set; } = new EvaOptions();

    internal override InitializationOptions? Start => Initialization;

    /// <summary>The factor of B·A for a layer of this rank and alpha.</summary>
    internal double ScalingOf(int rank, double alpha) => alpha / (IsRankStabilized ? Math.Sqrt(rank) : rank);

    /// <summary>The alpha with which a layer of rank <paramref name="newRank"/> has the scaling it had with <paramref name="oldRank"/> and <paramref name="alpha"/>.</summary>
    internal double AlphaThatKeepsScaling(double alpha, int oldRank, int newRank) =>
        alpha * (IsRankStabilized ? Math.Sqrt((double)newRank / oldRank) : (double)newRank / oldRank);

    internal override void Validate(OptionsValidator validator)
    {
        base.Validate(validator);
        validator.Range(Rank, 1, 1024, nameof(Rank));
        validator.Require(double.IsFinite(Alpha) && Alpha > 0, nameof(Alpha), Alpha, "a number greater than 0");
        foreach (var (name, rank) in RankPattern ?? new Dictionary<string, int>())
            validator.Range(rank, 1, 1024, $"{nameof(RankPattern)}['{name}']");
        foreach (var (name, alpha) in AlphaPattern ?? new Dictionary<string, double>())
            validator.Require(double.IsFinite(alpha) && alpha > 0, $"{nameof(AlphaPattern)}['{name}']", alpha, "a number greater than 0");
        validator.Require(Dropout is >= 0 and < 1, nameof(Dropout), Dropout, "a number from 0 to less than 1");
        validator.Require(double.IsFinite(LearningRateRatio) && LearningRateRatio >= 1, nameof(LearningRateRatio), LearningRateRatio, "a number of at least 1");
        validator.NotNull(Initialization, nameof(Initialization))?.Validate(validator);
    }

    internal override AdapterOptions Clone()
    {
        var clone = (LowRankOptions)base.Clone();
        clone.RankPattern = RankPattern?.ToDictionary();
        clone.AlphaPattern = AlphaPattern?.ToDictionary();
        clone.Initialization = Initialization.Clone();
        return clone;
    }
}
