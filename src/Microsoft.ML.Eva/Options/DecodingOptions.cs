namespace Microsoft.ML.Eva;

/// <summary>How a text is written token by token. The type is the choice: <see cref="GreedyOptions"/>, <see cref="SamplingOptions"/> or <see cref="BeamSearchOptions"/>.</summary>
public abstract class DecodingOptions
{
    private protected DecodingOptions()
    {
    }

    /// <summary>Gets or sets the number of tokens after which a text ends if it has not ended by itself.</summary>
    /// <value>At least 1; with the prompt at most the checkpoint's limit. Default: 64.</value>
    public int MaxNewTokens { get; set; } = 64;

    /// <summary>Gets or sets texts that end the writing where they appear; they and what follows are not part of the result.</summary>
    /// <value>None of them empty. Default: none; the checkpoint's end-of-text token ends a text in any case.</value>
    public IReadOnlyList<string> StopSequences { get; set; } = [];

    /// <summary>Gets or sets the length of token sequences that may not come twice, those of the prompt included.</summary>
    /// <value>At least 1. Default: <see langword="null"/>, everything may come again.</value>
    public int? NoRepeatNgramSize { get; set; }

    /// <summary>Notes every fault of the options.</summary>
    internal virtual void Validate(OptionsValidator validator)
    {
        validator.Range(MaxNewTokens, 1, int.MaxValue, nameof(MaxNewTokens));
        validator.Require(validator.NotNull(StopSequences, nameof(StopSequences))?.All(stop => !string.IsNullOrEmpty(stop)) ?? true, nameof(StopSequences), "a list with an empty text", "texts that are not empty");
        validator.Require(NoRepeatNgramSize is null or >= 1, nameof(NoRepeatNgramSize), NoRepeatNgramSize, "null or at least 1");
    }

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">With every fault.</exception>
    internal DecodingOptions CheckedCopy(string parameterName)
    {
        var validator = new OptionsValidator();
        Validate(validator);
        validator.ThrowIfFaulty(parameterName);
        var copy = (DecodingOptions)MemberwiseClone();
        copy.StopSequences = [.. StopSequences];
        return copy;
    }
}
