using System.Globalization;

namespace Microsoft.ML.Eva.Reporting;

/// <summary>
/// Draws a sweep: on the left how every trial fared while it trained, then one panel per dimension with a mark for each trial after
/// the first rung, where all had trained for equally long. The best trial stands out; trials that were given up are grey.
/// </summary>
internal static class SweepPlot
{
    private const int Top = 50, Height = 300, Bottom = 50, Gap = 30, CurvesWidth = 320, AxisWidth = 60;
    private const string GivenUp = "#a0a0a0", Completed = "#1f77b4", Best = "#d95f02";

    /// <summary>Writes a picture; the file's ending says which kind: .png or .svg.</summary>
    /// <param name="trials">Every trial as it is at the end; those without a metric are left out.</param>
    /// <param name="history">Every trial after each rung.</param>
    /// <param name="best">The best trial.</param>
    /// <param name="path">The file to write.</param>
    /// <exception cref="ArgumentException">No trial has a metric, or the ending is another.</exception>
    public static void Save(IReadOnlyList<SweepTrial> trials, IReadOnlyList<SweepTrial> history, SweepTrial best, string path)
    {
        var drawn = trials.Where(trial => double.IsFinite(trial.Metric)).ToList();
        if (drawn.Count == 0)
            throw new ArgumentException("No trial has a metric to draw.", nameof(trials));
        var steps = history.Where(entry => double.IsFinite(entry.Metric)).ToList();
        var scale = new SweepScale(steps.Concat(drawn).Select(trial => trial.Metric), Top, Height);
        var dimensions = best.Values.Keys.Select(name => SweepAxis.Create(name, [.. drawn.Select(trial => trial.Values[name])], best.Values[name])).ToList();
        var picture = new Picture(AxisWidth + CurvesWidth + dimensions.Sum(dimension => Gap + dimension.Width) + 20, Top + Height + Bottom);
        picture.Text(AxisWidth, 16, $"{best.MetricName} on the validation rows", "start");
        AddLegend(picture);
        AddCurves(picture, scale, drawn, steps, best);
        var left = AxisWidth + CurvesWidth;
        // only there are all trials comparable
        var first = drawn.Where(trial => steps.Any(step => step.Number == trial.Number && step.Rungs == 1)).Select(trial => (Trial: trial, steps.First(step => step.Number == trial.Number && step.Rungs == 1).Metric)).ToList();
        picture.Text(left + Gap, 36, string.Create(CultureInfo.InvariantCulture, $"all trials after {steps.Select(step => step.Part).DefaultIfEmpty(1).Min():0.##} of the training"), "start");
        foreach (var dimension in dimensions)
        {
            AddPanel(picture, scale, dimension, left + Gap, first, best);
            left += Gap + dimension.Width;
        }
        picture.Save(path);
    }

    private static void AddLegend(Picture picture)
    {
        var x = AxisWidth;
        foreach (var (text, color, width) in new[] { ("given up", GivenUp, 75), ("trained to the end", Completed, 140), ("best", Best, 60) })
        {
            picture.Rectangle(x, 32, 8, 8, color);
            picture.Text(x + 13, 36, text, "start", color);
            x += width;
        }
    }

    private static void AddFrame(Picture picture, SweepScale scale, double left, double width)
    {
        foreach (var tick in scale.Ticks)
            picture.Line(left, scale.Y(tick), left + width, scale.Y(tick), "#e0e0e0");
        picture.Line(left, Top + Height, left + width, Top + Height, "#606060");
        picture.Line(left, Top, left, Top + Height, "#606060");
    }

    private static void AddCurves(Picture picture, SweepScale scale, List<SweepTrial> trials, List<SweepTrial> history, SweepTrial best)
    {
        AddFrame(picture, scale, AxisWidth, CurvesWidth);
        foreach (var tick in scale.Ticks)
            picture.Text(AxisWidth - 8, scale.Y(tick), tick.ToString(scale.Format, CultureInfo.InvariantCulture), "end");
        var earliest = history.Select(entry => entry.Part).DefaultIfEmpty(1).Min();
        // logarithmic, since every rung is a factor longer than the one before
        double X(double part) => AxisWidth + 20 + (CurvesWidth - 40) * (earliest < 1 ? 1 - Math.Log(Math.Min(1, part)) / Math.Log(earliest) : 1);
        foreach (var part in history.Select(entry => entry.Part).Where(part => part is > 0 and <= 1).Select(part => Math.Round(part, 2)).Distinct())
            picture.Text(X(part), Top + Height + 14, part.ToString("0.##", CultureInfo.InvariantCulture));
        picture.Text(AxisWidth + CurvesWidth / 2.0, Top + Height + 36, "part of the training");
        // what is drawn last is never covered
        foreach (var trial in trials.OrderBy(trial => trial.Number == best.Number).ThenBy(trial => trial.IsComplete))
        {
            var color = Color(trial, best);
            var places = history.Where(entry => entry.Number == trial.Number).OrderBy(entry => entry.Rungs).Select(entry => (X: X(entry.Part), Y: scale.Y(entry.Metric))).ToList();
            for (var i = 0; i < places.Count; i++)
            {
                if (i > 0)
                    picture.Line(places[i - 1].X, places[i - 1].Y, places[i].X, places[i].Y, color, trial.Number == best.Number ? 3 : 1.5);
                picture.Rectangle(places[i].X - 3, places[i].Y - 3, 6, 6, color);
            }
        }
    }

    private static void AddPanel(Picture picture, SweepScale scale, SweepAxis axis, double left, List<(SweepTrial Trial, double Metric)> trials, SweepTrial best)
    {
        AddFrame(picture, scale, left, axis.Width);
        foreach (var (text, x) in axis.Labels)
            picture.Text(left + x, Top + Height + 14, text);
        picture.Text(left + axis.Width / 2.0, Top + Height + 36, axis.Name);
        foreach (var (trial, metric) in trials.OrderBy(entry => entry.Trial.Number == best.Number).ThenBy(entry => entry.Trial.IsComplete))
        {
            var half = trial.Number == best.Number ? 5 : 3.5;
            picture.Rectangle(left + axis.X(trial.Values[axis.Name]) - half, scale.Y(metric) - half, 2 * half, 2 * half, Color(trial, best));
        }
    }

    private static string Color(SweepTrial trial, SweepTrial best) => trial.Number == best.Number ? Best : trial.IsComplete ? Completed : GivenUp;
}
