namespace Microsoft.ML.Eva.Data.Images;

/// <summary>A resampling filter: its reach to each side and its weight at a distance, both in pixels of the smaller scale.</summary>
internal sealed record ResampleFilter(string Name, double Support, Func<double, double> Weight)
{
    private const double CubicA = -0.5;

    /// <summary>Linear interpolation.</summary>
    public static ResampleFilter Bilinear { get; } = new("bilinear", 1, x => Math.Max(0, 1 - Math.Abs(x)));

    /// <summary>Cubic convolution with a = −0.5.</summary>
    public static ResampleFilter Bicubic { get; } = new("bicubic", 2, Cubic);

    /// <summary>Windowed sinc over three lobes.</summary>
    public static ResampleFilter Lanczos { get; } = new("lanczos", 3, x => x is >= -3 and < 3 ? Sinc(x) * Sinc(x / 3) : 0);

    private static double Cubic(double x)
    {
        x = Math.Abs(x);
        return x < 1 ? ((((CubicA + 2) * x) - (CubicA + 3)) * x * x) + 1
            : x < 2 ? ((((x - 5) * x) + 8) * x - 4) * CubicA
            : 0;
    }

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(Math.PI * x) / (Math.PI * x);
}
