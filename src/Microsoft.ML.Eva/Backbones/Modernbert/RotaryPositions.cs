using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Modernbert;

/// <summary>
/// Rotary positions (arXiv 2104.09864): the i-th entry of a head and the one half a head further are turned by
/// position·θ^(−2i/headSize). Scores then depend on distances only.
/// </summary>
internal sealed record RotaryPositions(Tensor Cosine, Tensor Sine)
{
    /// <summary>For positions 0 to <paramref name="tokens"/> − 1; both tables [tokens, headSize] are fresh.</summary>
    public static RotaryPositions For(long tokens, int headSize, double theta, Device device)
    {
        using var scope = NewDisposeScope();
        var angles = arange(Scalars.Of(0), Scalars.Of(tokens), Scalars.One, float32, device).unsqueeze(1) * Frequencies(headSize, theta, device);
        var both = cat([angles, angles], -1);
        return new RotaryPositions(both.cos().MoveToOuterDisposeScope(), both.sin().MoveToOuterDisposeScope());
    }

    /// <summary>θ^(−2i/headSize) for every i, [headSize/2]. A fresh tensor.</summary>
    public static Tensor Frequencies(int headSize, double theta, Device device)
    {
        using var scope = NewDisposeScope();
        var exponents = arange(Scalars.Of(0), Scalars.Of(headSize), Scalars.Of(2), ScalarType.Int64, device).to_type(float32).Over(headSize);
        return tensor((float)theta, device: device).pow(exponents).reciprocal().MoveToOuterDisposeScope();
    }

    /// <summary>[batch, heads, tokens, headSize], turned. A fresh tensor.</summary>
    public Tensor Turn(Tensor x)
    {
        using var scope = NewDisposeScope();
        var half = x.shape[^1] / 2;
        var partner = cat([-x.narrow(-1, half, half), x.narrow(-1, 0, half)], -1);
        return (x * Cosine).Plus(partner * Sine).MoveToOuterDisposeScope();
    }
}
