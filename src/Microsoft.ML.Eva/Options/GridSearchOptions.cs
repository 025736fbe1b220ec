namespace Microsoft.ML.Eva;

/// <summary>Tries every combination of the dimensions' values.</summary>
public sealed class GridSearchOptions : SweepSearchOptions
{
    /// <summary>Gets or sets how many values of every range are tried, both ends included; dimensions with listed values use those.</summary>
    /// <value>2 to 1,000. Default: 3.</value>
    public int PointsPerRange { get; set; } = 3;

    internal override void Validate(OptionsValidator validator) => validator.Range(PointsPerRange, 2, 1000, $"{nameof(EvaLoraSweepOptions.Search)}.{nameof(PointsPerRange)}");
}
