namespace Microsoft.ML.Eva;

/// <summary>Follows the most probable beginnings side by side and gives the best text that any of them leads to, as Hugging Face's transformers does it.</summary>
public sealed class BeamSearchOptions : DecodingOptions
{
    /// <summary>Gets or sets how many beginnings are followed. 1 is the same as <see cref="GreedyOptions"/>.</summary>
    /// <value>1 to 256, and at most half the vocabulary. Default: 4.</value>
    public int Beams { get; set; } = 4;

    /// <summary>Gets or sets the power of the number of tokens by which a text's log-probability is divided: above 0 longer texts come off better than by probability alone.</summary>
    /// <value>−10 to 10. Default: 1, the mean per token.</value>
    public double LengthPenalty { get; set; } = 1;

    /// <summary>Gets or sets whether the search ends as soon as there are <see cref="Beams"/> finished texts. Otherwise it goes on until none of the beginnings can lead to a better one, as far as their present scores tell.</summary>
    /// <value>Default: <see langword="false"/>.</value>
    public bool StopsEarly { get; set; }

    internal override void Validate(OptionsValidator validator)
    {
        base.Validate(validator);
        validator.Range(Beams, 1, 256, nameof(Beams));
        validator.Require(LengthPenalty is >= -10 and <= 10, nameof(LengthPenalty), LengthPenalty, "from -10 to 10");
    }
}
