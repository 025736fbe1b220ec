namespace Microsoft.ML.Eva;

/// <summary>Draws each token at random from the network's probabilities, sharpened and cut as the options say: first the temperature, then <see cref="TopK"/>, then <see cref="TopP"/>.</summary>
/// <remarks>What is drawn follows from <see cref="Seed"/> and the prompt alone: the same prompt gives the same text, alone or among others, in any order.</remarks>
public sealed class SamplingOptions : DecodingOptions
{
    /// <summary>Gets or sets what the scores are divided by before they become probabilities: below 1 likely tokens become likelier.</summary>
    /// <value>Greater than 0, at most 100. Default: 1.</value>
    public double Temperature { get; set; } = 1;

    /// <summary>Gets or sets how many of the most probable tokens can be drawn.</summary>
    /// <value>At least 1. Default: <see langword="null"/>, all.</value>
    public int? TopK { get; set; }

    /// <summary>Gets or sets the probability that the tokens which can be drawn have together: the fewest of the most probable ones that reach it.</summary>
    /// <value>Greater than 0, at most 1. Default: 1, all tokens.</value>
    public double TopP { get; set; } = 1;

    /// <summary>Gets or sets what the draws follow from. Another seed gives other texts.</summary>
    /// <value>Default: 1.</value>
    public int Seed { get; set; } = 1;

    internal override void Validate(OptionsValidator validator)
    {
        base.Validate(validator);
        validator.Require(Temperature is > 0 and <= 100, nameof(Temperature), Temperature, "greater than 0 and at most 100");
        validator.Require(TopK is null or >= 1, nameof(TopK), TopK, "null or at least 1");
        validator.Require(TopP is > 0 and <= 1, nameof(TopP), TopP, "greater than 0 and at most 1");
    }
}
