using System.Globalization;

namespace Microsoft.ML.Eva.Reporting;

/// <summary>The horizontal axis of one dimension: a place for each value where there are few, otherwise numbers on a line.</summary>
internal sealed class SweepAxis
{
    private const int MostPlaces = 6, LeastWidth = 170, CharacterWidth = 7, Margin = 20;

    private readonly Dictionary<string, double> _places;

    private SweepAxis(string name, int width, Dictionary<string, double> places, IReadOnlyList<(string Text, double X)> labels) =>
        (Name, Width, _places, Labels) = (name, width, places, labels);

    /// <summary>The dimension's name.</summary>
    public string Name { get; }

    /// <summary>The panel's width.</summary>
    public int Width { get; }

    /// <summary>Texts below the axis.</summary>
    public IReadOnlyList<(string Text, double X)> Labels { get; }

    /// <summary>The place of a value.</summary>
    public double X(string value) => _places[value];

    /// <summary>The axis for these values.</summary>
    /// <param name="name">The dimension's name.</param>
    /// <param name="values">The trials' values, as text.</param>
    /// <param name="best">The best trial's, which is labelled in any case.</param>
    public static SweepAxis Create(string name, IReadOnlyList<string> values, string best)
    {
        var numbers = values.Append(best).Distinct().Select(text => (Text: text, Number: double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : double.NaN)).ToList();
        var areNumbers = numbers.All(value => double.IsFinite(value.Number));
        return areNumbers && numbers.Count > MostPlaces ? OnLine(name, [.. numbers.OrderBy(value => value.Number)], best) : InPlaces(name, areNumbers ? [.. numbers.OrderBy(value => value.Number).Select(value => value.Text)] : [.. numbers.Select(value => value.Text)]);
    }

    private static SweepAxis InPlaces(string name, List<string> texts)
    {
        var width = Math.Max(LeastWidth, texts.Count * (CharacterWidth * texts.Max(text => text.Length) + 14));
        var places = texts.Select((text, place) => (text, X: (place + 0.5) * width / texts.Count)).ToDictionary(entry => entry.text, entry => entry.X);
        return new SweepAxis(name, width, places, [.. places.Select(place => (place.Key, place.Value))]);
    }

    private static SweepAxis OnLine(string name, List<(string Text, double Number)> values, string best)
    {
        const int Width = 220;
        var (least, most) = (values[0].Number, values[^1].Number);
        var isLogarithmic = least > 0 && most / least >= 5;
        double Part(double number) => isLogarithmic ? Math.Log(number / least) / Math.Log(most / least) : (number - least) / (most - least);
        var places = values.ToDictionary(value => value.Text, value => Margin + (Width - 2 * Margin) * Part(value.Number));
        // the ends, and the best where it does not run into them
        List<(string, double)> labels = [(values[0].Text, places[values[0].Text]), (values[^1].Text, places[values[^1].Text])];
        if (places[best] - places[values[0].Text] > 60 && places[values[^1].Text] - places[best] > 60)
            labels.Add((best, places[best]));
        return new SweepAxis(name, Width, places, labels);
    }
}
