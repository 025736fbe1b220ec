using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Eva;

/// <summary>The vectors that a layer multiplies its weight with: tokens for a linear layer, patches for a convolution.</summary>
internal static class LayerInput
{
    // A picture has far more patches than components need; these are spread evenly over the mini-batch.
    private const long MostPatches = 8192;

    /// <summary>Length of the vectors.</summary>
    /// <exception cref="ArgumentException">The layer is a grouped convolution, which has no common input vector.</exception>
    public static long Width(AdaptableLayer layer)
    {
        if (layer is not AdaptableConv2d convolution)
            return layer.InFeatures;
        if (convolution.Steps.Groups != 1)
            throw new ArgumentException($"'{layer.Name}' is a convolution in {convolution.Steps.Groups} groups, which EVA cannot start: its outputs see different inputs. Leave it out of the adapted layers or start it at random.");
        return layer.InFeatures * convolution.Kernel.Height * convolution.Kernel.Width;
    }

    /// <summary>How the layer takes vectors from its input tensor: layers that differ in it see different vectors in one and the same tensor.</summary>
    public static (long Height, long Width, ConvolutionSteps? Steps) Form(AdaptableLayer layer) =>
        layer is AdaptableConv2d convolution ? (convolution.Kernel.Height, convolution.Kernel.Width, convolution.Steps) : (0, 0, null);

    /// <summary>The vectors [n, width] in float32 or float64, or null where <paramref name="selection"/> has nothing to do with this input. A fresh tensor.</summary>
    public static Tensor? Rows(AdaptableLayer layer, Tensor x, TokenSelection selection)
    {
        if (layer is not AdaptableConv2d convolution)
            return selection.Rows(x);
        using var scope = NewDisposeScope();
        var patches = convolution.Patches(x.detach());
        var step = (patches.shape[0] + MostPatches - 1) / MostPatches;
        var spread = step > 1 ? patches.index_select(0, arange(Scalars.Of(0), Scalars.Of(patches.shape[0]), Scalars.Of(step), dtype: int64, device: x.device)) : patches;
        return (spread.dtype is ScalarType.Float32 or ScalarType.Float64 ? spread : spread.to(float32)).MoveToOuterDisposeScope();
    }
}
