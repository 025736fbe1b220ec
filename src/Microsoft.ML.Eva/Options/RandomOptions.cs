namespace Microsoft.ML.Eva;

/// <summary>Plain LoRA's start: A random, B = 0.</summary>
public sealed class RandomOptions : InitializationOptions
{
    /// <summary>Gets or sets the distribution of A's entries.</summary>
    /// <value>Default: <see cref="RandomDistribution.Uniform"/>, in ±1/√in.</value>
    public RandomDistribution Distribution { get; set; }

    internal override void Validate(OptionsValidator validator) =>
        validator.Require(Enum.IsDefined(Distribution), nameof(Distribution), Distribution, "one of the values of RandomDistribution");
}
