namespace Microsoft.ML.Eva;

/// <summary>Tries combinations at random: better than a grid of the same size where only some of the dimensions matter, since every trial has a value of its own in each range.</summary>
public sealed class RandomSearchOptions : SweepSearchOptions
{
    /// <summary>Gets or sets the number of trials; fewer where there are not as many different combinations.</summary>
    /// <value>1 to 10,000. Default: 12.</value>
    public int Trials { get; set; } = 12;

    internal override void Validate(OptionsValidator validator) => validator.Range(Trials, 1, 10_000, $"{nameof(EvaLoraSweepOptions.Search)}.{nameof(Trials)}");
}
