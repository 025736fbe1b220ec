namespace Microsoft.ML.Eva;

/// <summary>A dimension of listed values.</summary>
internal sealed class SweepChoice<T>(string name, IReadOnlyList<T> values, Func<T, string> describe, Action<SweepTrialOptions, T> apply, bool replacesMethod = false) : SweepDimension(name)
    where T : notnull
{
    internal override bool ReplacesMethod => replacesMethod;

    internal override SweepValue Draw(Random random) => Value(values[random.Next(values.Count)]);

    internal override IReadOnlyList<SweepValue> Grid(int points) => [.. values.Select(Value)];

    internal override void Validate(OptionsValidator validator)
    {
        validator.Require(values.Count > 0, $"Dimension '{Name}'", "without values", "given at least one value");
        validator.Require(values.All(value => value is not null), $"Dimension '{Name}'", "given a null", "given no null");
        if (values.All(value => value is not null) && values.GroupBy(describe).FirstOrDefault(group => group.Count() > 1) is { } twice)
            validator.Require(false, $"Dimension '{Name}'", $"given '{twice.Key}' twice", "given each value once, and values that can be told apart by their text");
    }

    private SweepValue Value(T value) => new(Name, describe(value), trial => apply(trial, value));
}
