using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tensors;

/// <summary>
/// Sums, and arithmetic with plain numbers, in place of TorchSharp's operators: those convert numbers inside (a sum of two
/// tensors too, for its factor of 1), where nothing keeps them alive during the native call. See <see cref="Scalars"/>.
/// </summary>
internal static class Arithmetic
{
    /// <summary>x + y.</summary>
    public static Tensor Plus(this Tensor x, Tensor y) => x.add(y, Scalars.One);

    /// <summary>x + y.</summary>
    public static Tensor Plus(this Tensor x, long y) => x.add(Scalars.Of(y), Scalars.One);

    /// <summary>x + y.</summary>
    public static Tensor Plus(this Tensor x, double y) => x.add(Scalars.Of(y), Scalars.One);

    /// <summary>x − y.</summary>
    public static Tensor Minus(this Tensor x, long y) => x.sub(Scalars.Of(y));

    /// <summary>x − y.</summary>
    public static Tensor Minus(this Tensor x, double y) => x.sub(Scalars.Of(y));

    /// <summary>x · y.</summary>
    public static Tensor Times(this Tensor x, long y) => x.mul(Scalars.Of(y));

    /// <summary>x · y.</summary>
    public static Tensor Times(this Tensor x, double y) => x.mul(Scalars.Of(y));

    /// <summary>x / y.</summary>
    public static Tensor Over(this Tensor x, long y) => x.div(Scalars.Of(y));

    /// <summary>x / y.</summary>
    public static Tensor Over(this Tensor x, double y) => x.div(Scalars.Of(y));
}
