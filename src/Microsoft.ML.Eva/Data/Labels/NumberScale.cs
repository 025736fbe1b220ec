namespace Microsoft.ML.Eva.Data.Labels;

/// <summary>How numbers become ones of mean 0 and deviation 1, which networks learn best: (number − <paramref name="Shift"/>) / <paramref name="Factor"/>.</summary>
internal readonly record struct NumberScale(double Shift, double Factor)
{
    /// <summary>Numbers as they are.</summary>
    public static NumberScale Identity { get; } = new(0, 1);

    /// <summary>
    /// The scale of <paramref name="numbers"/>. Without <paramref name="mayShift"/> – for networks whose last layer has no bias that
    /// could undo it – they are only divided, by the root of their mean square.
    /// </summary>
    public static NumberScale Of(ReadOnlySpan<float> numbers, bool mayShift)
    {
        double sum = 0, squares = 0;
        foreach (var number in numbers)
            sum += number;
        var shift = mayShift && numbers.Length > 0 ? sum / numbers.Length : 0;
        foreach (var number in numbers)
            squares += (number - shift) * (number - shift);
        var factor = numbers.Length > 0 ? Math.Sqrt(squares / numbers.Length) : 0;
        return new NumberScale(shift, factor > 0 ? factor : 1); // numbers that are all the same have no scale
    }

    /// <summary>The number on the scale.</summary>
    public float Apply(float number) => (float)((number - Shift) / Factor);
}
