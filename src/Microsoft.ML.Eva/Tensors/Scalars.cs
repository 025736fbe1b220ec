using TorchSharp;

namespace Microsoft.ML.Eva.Tensors;

/// <summary>
/// Numbers for native calls, kept alive while the call reads them. TorchSharp hands a call only the native handle of a
/// <see cref="Scalar"/>; one made by an implicit conversion is garbage from that moment, and a collection on any thread
/// then frees it under the call. Here each thread holds on to the last numbers it made: a call runs on the thread that made
/// its numbers and takes far fewer than <see cref="Kept"/>, so none of them can be let go before the call has returned.
/// </summary>
internal static class Scalars
{
    /// <summary>How many numbers each thread holds on to.</summary>
    internal const int Kept = 64;

    [ThreadStatic]
    private static Scalar[]? _latest;

    [ThreadStatic]
    private static int _next;

    /// <summary>The integer 1, which lives as long as the process.</summary>
    public static Scalar One { get; } = Made(1L);

    /// <summary>An integer for a call that comes next on this thread.</summary>
    public static Scalar Of(long value) => Held(Made(value));

    /// <summary>A floating-point number for a call that comes next on this thread.</summary>
    public static Scalar Of(double value) => Held(Made(value));

    /// <summary>A truth value for a call that comes next on this thread.</summary>
    public static Scalar Of(bool value) => Held(Made(value));

    private static Scalar Held(Scalar scalar)
    {
        var latest = _latest ??= new Scalar[Kept];
        latest[_next] = scalar;
        _next = (_next + 1) % Kept;
        return scalar; // the number it replaces is left to its finalizer: its caller may have kept it
    }

#pragma warning disable RS0030 // the one place where numbers are converted
    private static Scalar Made(long value) => value;

    private static Scalar Made(double value) => value;

    private static Scalar Made(bool value) => value;
#pragma warning restore RS0030
}
