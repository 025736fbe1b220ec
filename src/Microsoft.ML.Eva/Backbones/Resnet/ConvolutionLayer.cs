using Microsoft.ML.Eva.Backbones.Layers;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Resnet;

/// <summary>
/// Convolution, batch normalisation and, if there is one, a non-linearity. In fine-tuned models the normalisation is folded into
/// the convolution, which then has a bias.
/// </summary>
internal sealed class ConvolutionLayer
{
    /// <summary>What is added to variances.</summary>
    public const double Epsilon = 1e-5; // torch's default; config.json does not name it

    private readonly Activation? _activation;
    private BatchNorm2d? _normalization;

    /// <summary>Binds <c>convolution</c> and, unless it was folded, <c>normalization</c>.</summary>
    public ConvolutionLayer(long inChannels, long outChannels, long kernel, long stride, Activation? activation, WeightBinder binder)
    {
        var isFolded = binder.Has("convolution.bias") && !binder.Has("normalization.weight");
        Convolution = binder.Conv2d("convolution", inChannels, outChannels, kernel, new ConvolutionSteps(stride, kernel / 2), hasBias: isFolded);
        _normalization = isFolded ? null : binder.BatchNorm2d("normalization", outChannels, Epsilon);
        _activation = activation;
    }

    /// <summary>The layer an adapter may sit in.</summary>
    public AdaptableConv2d Convolution { get; }

    /// <summary>The convolution's parameters, then the normalisation's.</summary>
    public IEnumerable<Weight> Weights => [Convolution.Weight, .. Convolution.Bias is { } bias ? [bias] : Array.Empty<Weight>(), .. _normalization?.Weights ?? []];

    /// <summary>The normalisation's running statistics.</summary>
    public IEnumerable<Weight> Constants => _normalization?.Constants ?? [];

    /// <summary>Puts the normalisation into the convolution.</summary>
    public void Fold()
    {
        _normalization?.FoldInto(Convolution);
        _normalization = null;
    }

    /// <summary>[batch, in, rows, columns] → [batch, out, …]. A fresh tensor.</summary>
    public Tensor Forward(Tensor x, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var y = Convolution.Forward(x, mode);
        y = _normalization?.Forward(y) ?? y;
        return (_activation?.Invoke(y) ?? y).MoveToOuterDisposeScope();
    }
}
