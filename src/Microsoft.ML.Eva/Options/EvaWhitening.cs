namespace Microsoft.ML.Eva;

/// <summary>How EVA scales the rows of A, which are orthonormal without whitening. σ is a component's singular value, M the number of tokens.</summary>
public enum EvaWhitening
{
    /// <summary>Rows of length 1.</summary>
    None,

    /// <summary>Rows divided by √σ, as PEFT does.</summary>
    RootOfSingularValue,

    /// <summary>Rows times √(M − 1)/σ: the projected activations get variance 1.</summary>
    UnitVariance,

    /// <summary>Rows divided by the root of the explained variance ratio, as the paper's vision code does.</summary>
    RootOfRatio,
}
