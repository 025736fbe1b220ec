using System.Globalization;
using System.Text;
using static Microsoft.ML.Eva.Reporting.Html.Markup;

namespace Microsoft.ML.Eva.Reporting.Html;

/// <summary>Curves over a number line, as an SVG picture inside a page. Its colours are the page's, so it follows its light or dark look.</summary>
internal sealed class LineChart(string title, string xName, IReadOnlyList<Series> series)
{
    // Small enough that letters stay legible where the page is as narrow as a telephone.
    private const double Width = 440, Height = 250, Left = 54, Right = 12, Top = 10, Bottom = 40;

    private (double Low, double High) _x, _y;

    /// <summary>The values that the y axis must show; null: those of the curves.</summary>
    public (double Low, double High)? Range { get; init; }

    /// <summary>A value of y to mark with a dashed line, or null.</summary>
    public double? Mark { get; init; }

    /// <summary>A value of x to mark with a dashed line, or null.</summary>
    public double? MarkX { get; init; }

    /// <summary>Whether the curves' names stand above the picture; they appear where somebody points at a curve either way.</summary>
    public bool HasLegend { get; init; } = true;

    /// <summary>A sentence below the picture.</summary>
    public string Note { get; init; } = "";

    /// <summary>The chart with its title and legend; empty where there is nothing to draw.</summary>
    public string ToHtml()
    {
        var points = series.SelectMany(one => one.Points).Where(IsDrawn).ToList();
        if (points.Count == 0)
            return "";
        _x = Widen(points.Min(p => p.X), points.Max(p => p.X));
        _y = Range ?? Widen(Math.Min(points.Min(p => p.Y), Mark ?? double.MaxValue), Math.Max(points.Max(p => p.Y), Mark ?? double.MinValue));
        var html = new StringBuilder($"<figure><figcaption>{Encode(title)}{Legend()}</figcaption>");
        html.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{Encode(title)}\">");
        AddAxes(html);
        foreach (var one in series)
            AddCurve(html, one);
        html.Append("</svg>").Append(Note.Length > 0 ? $"<p class=\"note\">{Encode(Note)}</p>" : "").Append("</figure>");
        return html.ToString();
    }

    private string Legend()
    {
        var named = series.Where(one => one.Name.Length > 0).ToList();
        return named.Count < 2 || !HasLegend ? "" : $"<span class=\"legend\">{string.Concat(named.Select(one => $"<span class=\"key {one.Style}\">{Encode(one.Name)}</span>"))}</span>";
    }

    private void AddAxes(StringBuilder html)
    {
        foreach (var tick in Ticks(_y, 5))
        {
            html.Append($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Place(Y(tick))}\" y2=\"{Place(Y(tick))}\"/>");
            html.Append($"<text class=\"end\" x=\"{Left - 6}\" y=\"{Place(Y(tick) + 4)}\">{Encode(Tick(tick))}</text>");
        }
        foreach (var tick in Ticks(_x, 6).Where(tick => tick == Math.Round(tick)))
            html.Append($"<text class=\"middle\" x=\"{Place(X(tick))}\" y=\"{Height - Bottom + 17}\">{Encode(Tick(tick))}</text>");
        html.Append($"<text class=\"middle\" x=\"{Place((Left + Width - Right) / 2)}\" y=\"{Height - 6}\">{Encode(xName)}</text>");
        if (Mark is { } y)
            html.Append($"<line class=\"mark\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Place(Y(y))}\" y2=\"{Place(Y(y))}\"><title>{Encode(Number(y))}</title></line>");
        if (MarkX is { } x)
            html.Append($"<line class=\"mark\" x1=\"{Place(X(x))}\" x2=\"{Place(X(x))}\" y1=\"{Top}\" y2=\"{Height - Bottom}\"/>");
    }

    private void AddCurve(StringBuilder html, Series one)
    {
        var color = one.Color is null ? "" : $" style=\"stroke:{one.Color}\"";
        var name = one.Name.Length > 0 ? $"<title>{Encode(one.Name)}</title>" : "";
        var path = new StringBuilder();
        var isInterrupted = true;
        foreach (var point in one.Points)
        {
            if (IsDrawn(point))
                path.Append(isInterrupted ? 'M' : 'L').Append(Place(X(point.X))).Append(' ').Append(Place(Y(point.Y)));
            isInterrupted = !IsDrawn(point);
        }
        html.Append($"<path class=\"curve {one.Style}\"{color} d=\"{path}\">{name}</path>");
        if (one.HasMarks)
            foreach (var point in one.Points.Where(IsDrawn))
                html.Append($"<circle class=\"dot {one.Style}\" cx=\"{Place(X(point.X))}\" cy=\"{Place(Y(point.Y))}\" r=\"3.5\"><title>{Encode($"{Tick(point.X)}: {Number(point.Y)}")}</title></circle>");
    }

    private double X(double value) => Left + (Width - Left - Right) * (value - _x.Low) / (_x.High - _x.Low);

    private double Y(double value) => Top + (Height - Top - Bottom) * (1 - (Math.Clamp(value, _y.Low, _y.High) - _y.Low) / (_y.High - _y.Low));

    private static bool IsDrawn((double X, double Y) point) => double.IsFinite(point.X) && double.IsFinite(point.Y);

    // A single value still needs room around it.
    private static (double Low, double High) Widen(double low, double high) =>
        high > low ? (low, high) : (low - Math.Max(0.5, Math.Abs(low) * 0.1), high + Math.Max(0.5, Math.Abs(high) * 0.1));

    private static IEnumerable<double> Ticks((double Low, double High) range, int most)
    {
        var rough = (range.High - range.Low) / most;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = new[] { 1, 2, 5, 10 }.Select(times => times * power).First(size => size >= rough * 0.999);
        for (var i = Math.Ceiling(range.Low / step - 1e-9); i * step <= range.High + step * 1e-9; i++)
            yield return Math.Round(i * step, 12) + 0.0; // no negative zero
    }

    private static string Tick(double value) => value.ToString(Math.Abs(value) is >= 1e6 or (< 1e-3 and > 0) ? "0.#e0" : "#,0.####", CultureInfo.InvariantCulture);
}
