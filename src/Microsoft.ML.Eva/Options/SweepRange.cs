using System.Globalization;

namespace Microsoft.ML.Eva;

/// <summary>A dimension of all numbers between two. Numbers have three digits, so that what a table shows is what was used.</summary>
internal sealed class SweepRange(string name, double least, double most, bool isLogarithmic, Action<SweepTrialOptions, double> apply) : SweepDimension(name)
{
    internal override SweepValue Draw(Random random) => At(random.NextDouble());

    internal override IReadOnlyList<SweepValue> Grid(int points) =>
        [.. Enumerable.Range(0, points).Select(i => At(i / (points - 1.0))).DistinctBy(value => value.Text)];

    internal override void Validate(OptionsValidator validator)
    {
        validator.Require(double.IsFinite(least) && double.IsFinite(most) && least < most, $"Dimension '{Name}'", string.Create(CultureInfo.InvariantCulture, $"from {least} to {most}"), "from a number to a larger one");
        validator.Require(!isLogarithmic || least > 0, $"Dimension '{Name}'", string.Create(CultureInfo.InvariantCulture, $"logarithmic from {least}"), "from a number greater than 0 if it is logarithmic");
    }

    private SweepValue At(double part)
    {
        var exact = isLogarithmic ? Math.Exp(Math.Log(least) + part * (Math.Log(most) - Math.Log(least))) : least + part * (most - least);
        var text = exact.ToString("g3", CultureInfo.InvariantCulture);
        // rounding must not lead out of the range
        var number = Math.Clamp(double.Parse(text, CultureInfo.InvariantCulture), least, most);
        return new SweepValue(Name, number.ToString(CultureInfo.InvariantCulture), trial => apply(trial, number));
    }
}
