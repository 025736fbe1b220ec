namespace Microsoft.ML.Eva;

/// <summary>
/// EVA, Explained Variance Adaptation (arXiv 2410.07170): a few mini-batches of the training data run through the frozen network,
/// A starts from the principal components of every layer's input, B from 0, and the layers whose components explain most
/// variance get most of the ranks.
/// </summary>
/// <remarks>The defaults are right for training. <see cref="PeftCompatible"/> gives the settings that reproduce PEFT's ranks and components.</remarks>
public sealed class EvaOptions : InitializationOptions
{
    /// <summary>Gets or sets how many times its rank a layer may get at most. 1 gives every layer the same rank.</summary>
    /// <value>At least 1; infinity leaves only the layer's width as limit. Default: 2.</value>
    public double Rho { get; set; } = 2;

    /// <summary>Gets or sets how similar a component must be to its value one mini-batch earlier to count as stable.</summary>
    /// <value>0 to 1. Default: 0.99.</value>
    public double Tau { get; set; } = 0.99;

    /// <summary>Gets or sets the number of rows in a mini-batch of the warm-up.</summary>
    /// <value>1 to 65,536. Default: 32.</value>
    public int BatchSize { get; set; } = 32;

    /// <summary>Gets or sets the number of mini-batches before which no layer counts as converged.</summary>
    /// <value>At least 1, at most <see cref="MaxBatches"/>. Default: 1; two are needed in any case, since components are compared with their predecessors.</value>
    public int MinBatches { get; set; } = 1;

    /// <summary>Gets or sets the number of mini-batches after which the warm-up ends even if components still move.</summary>
    /// <value>At least 1. Default: 100.</value>
    public int MaxBatches { get; set; } = 100;

    /// <summary>Gets or sets whether components that still move after <see cref="MaxBatches"/> are an error instead of the best estimate.</summary>
    /// <value>Default: <see langword="false"/>.</value>
    public bool FailIfNotConverged { get; set; }

    /// <summary>Gets or sets what is compared with <see cref="Tau"/>.</summary>
    /// <value>Default: <see cref="EvaConvergenceMeasure.Subspace"/>. What an adapter can learn from its start depends on the span of A, not on how its rows are turned within it; the cosines of the paper take three times as many mini-batches.</value>
    public EvaConvergenceMeasure ConvergenceMeasure { get; set; } = EvaConvergenceMeasure.Subspace;

    /// <summary>Gets or sets the part of a layer's components that must be stable for the layer to count as converged (the paper's delta).</summary>
    /// <value>Greater than 0, at most 1. Default: 1.</value>
    public double StableComponents { get; set; } = 1;

    /// <summary>Gets or sets the part of the layers that must have converged for the warm-up to end.</summary>
    /// <value>Greater than 0, at most 1. Default: 1.</value>
    public double StableLayers { get; set; } = 1;

    /// <summary>Gets or sets whether a converged layer is watched again when its rank grows to components that are not stable.</summary>
    /// <value>Default: <see langword="true"/>. The paper removes a converged layer for good.</value>
    public bool WatchesAgain { get; set; } = true;

    /// <summary>Gets or sets how principal components are computed.</summary>
    /// <value>Default: <see cref="EvaSolver.Exact"/>.</value>
    public EvaSolver Solver { get; set; } = EvaSolver.Exact;

    /// <summary>Gets or sets whether a layer's mean input is subtracted, so that components explain variance and not the mean.</summary>
    /// <value>Default: <see langword="true"/>.</value>
    public bool Centered { get; set; } = true;

    /// <summary>Gets or sets whether layers with equal inputs (query, key and value) share one decomposition.</summary>
    /// <value>Default: <see langword="true"/>. The result is the same without, later.</value>
    public bool SharesEqualInputs { get; set; } = true;

    /// <summary>Gets or sets whether layers with equal inputs but different ranks may all get as many ranks as the largest of them, as in PEFT.</summary>
    /// <value>Default: <see langword="false"/>, each layer has its own limit, <see cref="Rho"/> times its rank.</value>
    public bool SharesRankLimit { get; set; }

    /// <summary>Gets or sets whether a mini-batch with fewer tokens than components waits for the next one instead of being skipped.</summary>
    /// <value>Default: <see langword="true"/>.</value>
    public bool JoinsShortBatches { get; set; } = true;

    /// <summary>Gets or sets whether a layer narrower than its number of components is an error instead of getting as many as it is wide.</summary>
    /// <value>Default: <see langword="false"/>.</value>
    public bool FailIfLayerTooNarrow { get; set; }

    /// <summary>Gets or sets token ids that the analysis ignores, like padding: those of [CLS] and [SEP], say.</summary>
    /// <value>Default: <see langword="null"/>, none but padding.</value>
    public IReadOnlyList<int>? ExcludedTokens { get; set; }

    /// <summary>Gets or sets whether tokens labelled −100 are ignored where every token has a label.</summary>
    /// <value>Default: <see langword="true"/>. Without effect where a row has one label.</value>
    public bool ExcludesUnlabeledTokens { get; set; } = true;

    /// <summary>Gets or sets whether ranks move to the layers whose components explain most.</summary>
    /// <value>Default: <see langword="true"/>. Otherwise every layer keeps its rank and <see cref="Rho"/> has no effect.</value>
    public bool RedistributesRanks { get; set; } = true;

    /// <summary>Gets or sets by which number components of different layers are compared.</summary>
    /// <value>Default: <see cref="EvaRankCriterion.Ratio"/>.</value>
    public EvaRankCriterion RankCriterion { get; set; } = EvaRankCriterion.Ratio;

    /// <summary>Gets or sets the rank that every layer keeps at least.</summary>
    /// <value>0 to the adapter's rank. Default: 0; a layer of rank 0 is not adapted.</value>
    public int MinimumRank { get; set; }

    /// <summary>Gets or sets what happens to alpha when a layer's rank changes.</summary>
    /// <value>Default: <see cref="EvaAlphaAdjustment.PreserveScaling"/>.</value>
    public EvaAlphaAdjustment AlphaAdjustment { get; set; } = EvaAlphaAdjustment.PreserveScaling;

    /// <summary>Gets or sets how the rows of A are scaled.</summary>
    /// <value>
    /// Default: <see langword="null"/>, what gave the best accuracy (docs/image-classification.md): <see cref="EvaWhitening.UnitVariance"/> where pictures
    /// are learned from, else <see cref="EvaWhitening.None"/>, PEFT's default.
    /// </value>
    public EvaWhitening? Whitening { get; set; }

    /// <summary>Gets or sets how many leading components of a layer are taken from EVA; the other rows of A are drawn as in plain LoRA.</summary>
    /// <value>At least 0. Default: <see langword="null"/>, all.</value>
    public int? KeptComponents { get; set; }

    /// <summary>Gets or sets which property of the start is destroyed, to measure what it is worth.</summary>
    /// <value>Default: <see cref="EvaAblation.None"/>.</value>
    public EvaAblation Ablation { get; set; } = EvaAblation.None;

    /// <summary>Creates the settings that reproduce PEFT's EVA: incremental PCA, cosines with their sign, short mini-batches skipped, alpha in proportion.</summary>
    /// <remarks>
    /// PEFT's randomised decomposition (<see cref="EvaSolver.IncrementalLowRank"/>) is replaced by the full one, which does not hang
    /// on a random generator. PEFT goes on until all components are stable, however long that takes; <see cref="MaxBatches"/> is 1,000.
    /// </remarks>
    public static EvaOptions PeftCompatible() => new()
    {
        Solver = EvaSolver.Incremental,
        ConvergenceMeasure = EvaConvergenceMeasure.SignedCosine,
        SharesRankLimit = true,
        JoinsShortBatches = false,
        FailIfLayerTooNarrow = true,
        AlphaAdjustment = EvaAlphaAdjustment.Proportional,
        Whitening = EvaWhitening.None,
        MaxBatches = 1000,
    };

    internal override void Validate(OptionsValidator validator)
    {
        validator.Require(Rho >= 1, nameof(Rho), Rho, "a number of at least 1");
        validator.Require(Tau is >= 0 and <= 1, nameof(Tau), Tau, "a number from 0 to 1");
        validator.Range(BatchSize, 1, 65_536, nameof(BatchSize));
        validator.Range(MaxBatches, 1, int.MaxValue, nameof(MaxBatches));
        validator.Range(MinBatches, 1, Math.Max(1, MaxBatches), nameof(MinBatches));
        validator.Require(StableComponents is > 0 and <= 1, nameof(StableComponents), StableComponents, "greater than 0 and at most 1");
        validator.Require(StableLayers is > 0 and <= 1, nameof(StableLayers), StableLayers, "greater than 0 and at most 1");
        validator.Range(MinimumRank, 0, int.MaxValue, nameof(MinimumRank));
        validator.Require(KeptComponents is null or >= 0, nameof(KeptComponents), KeptComponents, "null or at least 0");
        validator.Require(ExcludedTokens is null || ExcludedTokens.All(id => id >= 0), nameof(ExcludedTokens), "a negative id", "null or ids of at least 0");
        ValidateChoices(validator);
    }

    internal override InitializationOptions Clone()
    {
        var clone = (EvaOptions)MemberwiseClone();
        clone.ExcludedTokens = ExcludedTokens?.ToArray();
        return clone;
    }

    private void ValidateChoices(OptionsValidator validator)
    {
        Choice(ConvergenceMeasure, nameof(ConvergenceMeasure));
        Choice(Solver, nameof(Solver));
        Choice(RankCriterion, nameof(RankCriterion));
        Choice(AlphaAdjustment, nameof(AlphaAdjustment));
        Choice(Whitening ?? EvaWhitening.None, nameof(Whitening));
        Choice(Ablation, nameof(Ablation));

        void Choice<T>(T value, string option) where T : struct, Enum =>
            validator.Require(Enum.IsDefined(value), option, value, $"one of {string.Join(", ", Enum.GetNames<T>())}");
    }
}
