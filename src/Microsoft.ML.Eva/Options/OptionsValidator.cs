using System.Globalization;

namespace Microsoft.ML.Eva;

/// <summary>Collects what is wrong with a set of options, so that one exception can tell all of it.</summary>
internal sealed class OptionsValidator
{
    private readonly List<string> _faults = [];

    /// <summary>Notes a fault of <paramref name="option"/> unless <paramref name="holds"/>.</summary>
    public void Require(bool holds, string option, object? found, string wanted)
    {
        if (!holds)
            _faults.Add(string.Create(CultureInfo.InvariantCulture, $"{option} is {found ?? "null"}, but must be {wanted}"));
    }

    /// <summary>Notes a fault unless <paramref name="value"/> lies between the two bounds, both allowed.</summary>
    public void Range(int value, int least, int most, string option) =>
        Require(value >= least && value <= most, option, value, most == int.MaxValue ? $"at least {least}" : string.Create(CultureInfo.InvariantCulture, $"from {least} to {most}"));

    /// <summary>Notes a fault if <paramref name="names"/> is an empty list or has an empty name.</summary>
    public void Names(IReadOnlyList<string>? names, string option) =>
        Require(names is null || (names.Count > 0 && names.All(name => !string.IsNullOrWhiteSpace(name))), option, "an empty list or name", "null, or at least one name");

    /// <summary>Notes a fault if <paramref name="value"/> is null; returns it either way.</summary>
    public T? NotNull<T>(T? value, string option) where T : class
    {
        Require(value is not null, option, null, "set");
        return value;
    }

    /// <summary>Ends the check.</summary>
    /// <exception cref="ArgumentException">With every fault noted.</exception>
    public void ThrowIfFaulty(string parameterName)
    {
        if (_faults.Count > 0)
            throw new ArgumentException($"{(_faults.Count == 1 ? "An option is" : $"{_faults.Count} options are")} not usable: {string.Join("; ", _faults)}.", parameterName);
    }
}
