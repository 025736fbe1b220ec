namespace Microsoft.ML.Eva.Training;

/// <summary>AdamW's β₁, β₂ and ε.</summary>
internal readonly record struct AdamWConstants(double Beta1, double Beta2, double Epsilon)
{
    /// <summary>Torch's defaults: 0.9, 0.999, 1e-8.</summary>
    public static AdamWConstants Default { get; } = new(0.9, 0.999, 1e-8);
}
