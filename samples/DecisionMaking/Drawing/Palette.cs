using SkiaSharp;

namespace DecisionMaking.Drawing;

/// <summary>A colour for each method.</summary>
internal static class Palette
{
    private static readonly string[] Colors = ["#7f7f7f", "#1f77b4", "#ff7f0e", "#9467bd", "#8c564b", "#2ca02c", "#d62728", "#17becf", "#bcbd22", "#e377c2"];

    public static SKColor Of(IReadOnlyList<string> methods, string method) => SKColor.Parse(Colors[methods.ToList().IndexOf(method) % Colors.Length]);
}
