namespace Microsoft.ML.Eva;

/// <summary>
/// EVA, Explained Variance Adaptation (arXiv 2410.07170): a few mini-batches of the training data run through the frozen network,
/// A starts from the principal components of every layer's input, B from 0, and the layers whose components explain most
/// variance get most of the ranks.
/// </summary>
public sealed class EvaOptions : InitializationOptions
{
    /// <summary>Gets or sets how many times its rank a layer may get at most. 1 gives every layer the same rank.</summary>
    /// <value>At least 1. Default: 2.</value>
    public double Rho { get; set; } = 2;

    /// <summary>Gets or sets the cosine that a component must have with its value one mini-batch earlier to count as stable.</summary>
    /// <value>0 to 1. Default: 0.99.</value>
    public double Tau { get; set; } = 0.99;

    /// <summary>Gets or sets the number of rows in a mini-batch of the warm-up.</summary>
    /// <value>1 to 65,536. Default: 32.</value>
    public int BatchSize { get; set; } = 32;

    /// <summary>Gets or sets the number of mini-batches after which the warm-up ends even if components still move.</summary>
    /// <value>At least 1. Default: 100.</value>
    public int MaxBatches { get; set; } = 100;

    internal override void Validate(OptionsValidator validator)
    {
        validator.Require(double.IsFinite(Rho) && Rho >= 1, nameof(Rho), Rho, "a number of at least 1");
        validator.Require(Tau is >= 0 and <= 1, nameof(Tau), Tau, "a number from 0 to 1");
        validator.Range(BatchSize, 1, 65_536, nameof(BatchSize));
        validator.Range(MaxBatches, 1, int.MaxValue, nameof(MaxBatches));
    }
}
