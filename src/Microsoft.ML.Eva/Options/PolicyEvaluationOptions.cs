namespace Microsoft.ML.Eva;

/// <summary>How a policy is tried out. Every property has a default that works.</summary>
public sealed class PolicyEvaluationOptions
{
    /// <summary>Gets or sets the number of episodes.</summary>
    /// <value>1 to 1,000,000. Default: 50.</value>
    public int Episodes { get; set; } = 50;

    /// <summary>Gets or sets the seed of the first episode's environment; the others count on from it.</summary>
    /// <value>Default: 0.</value>
    public int FirstSeed { get; set; }

    /// <summary>Gets or sets the return to aim at.</summary>
    /// <value>Finite. Default: <see langword="null"/>, <see cref="PolicyTransformer.BestReturn"/>.</value>
    public double? TargetReturn { get; set; }

    /// <summary>Gets or sets the number of steps after which an episode is given up.</summary>
    /// <value>1 to <see cref="PolicyTransformer.MaxSteps"/>, to which larger values are lowered. Default: <see langword="null"/>, that many.</value>
    public int? MaxSteps { get; set; }

    /// <summary>Gets or sets how many environments run side by side, their actions chosen in one pass of the network.</summary>
    /// <value>1 to 65,536. Default: 64. It changes actions by rounding at most.</value>
    public int BatchSize { get; set; } = 64;

    /// <summary>Gets or sets what ends the evaluation between two steps, with an <see cref="OperationCanceledException"/>.</summary>
    /// <value>Default: <see cref="CancellationToken.None"/>.</value>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>Checks every option and returns a copy that later changes do not reach.</summary>
    internal PolicyEvaluationOptions Snapshot(string parameterName)
    {
        var validator = new OptionsValidator();
        validator.Range(Episodes, 1, 1_000_000, nameof(Episodes));
        validator.Require((long)FirstSeed + Episodes - 1 <= int.MaxValue, nameof(FirstSeed), FirstSeed, $"small enough for {Episodes} seeds from there");
        validator.Require(TargetReturn is null || double.IsFinite(TargetReturn.Value), nameof(TargetReturn), TargetReturn, "null, or finite");
        validator.Require(MaxSteps is null or >= 1, nameof(MaxSteps), MaxSteps, "null, or at least 1");
        validator.Range(BatchSize, 1, 65_536, nameof(BatchSize));
        validator.ThrowIfFaulty(parameterName);
        return (PolicyEvaluationOptions)MemberwiseClone();
    }
}
