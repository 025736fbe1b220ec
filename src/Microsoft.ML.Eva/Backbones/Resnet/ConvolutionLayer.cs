using Microsoft.ML.Eva.Backbones.Layers;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Resnet;

/// <summary>Convolution, batch normalisation and, if there is one, a non-linearity.</summary>
internal sealed class ConvolutionLayer
{
    /// <summary>What is added to variances.</summary>
    public const double Epsilon = 1e-5; // torch's default; config.json does not name it

    private readonly AdaptableConv2d _convolution;
    private readonly BatchNorm2d _normalization;
    private readonly Activation? _activation;

    /// <summary>Binds <c>convolution</c> and <c>normalization</c>.</summary>
    public ConvolutionLayer(long inChannels, long outChannels, long kernel, long stride, Activation? activation, WeightBinder binder)
    {
        _convolution = binder.Conv2d("convolution", inChannels, outChannels, kernel, new ConvolutionSteps(stride, kernel / 2));
        _normalization = binder.BatchNorm2d("normalization", outChannels, Epsilon);
        _activation = activation;
    }

    /// <summary>[batch, in, rows, columns] → [batch, out, …]. A fresh tensor.</summary>
    public Tensor Forward(Tensor x, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var normalized = _normalization.Forward(_convolution.Forward(x, mode));
        return (_activation?.Invoke(normalized) ?? normalized).MoveToOuterDisposeScope();
    }
}
