using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Resnet;

/// <summary>activation(shortcut(x) + convolutions(x)): two 3×3 convolutions, or 1×1, 3×3, 1×1 with fewer channels in between.</summary>
internal sealed class ResidualLayer
{
    /// <summary>By how much a bottleneck narrows its channels.</summary>
    public const int Reduction = 4;

    private readonly ConvolutionLayer[] _convolutions;
    private readonly ConvolutionLayer? _shortcut;
    private readonly Activation _activation;

    /// <summary>Binds the convolutions and, where size or channels change, the shortcut's.</summary>
    public ResidualLayer(ResnetConfig config, long inChannels, long outChannels, long stride, WeightBinder binder)
    {
        _activation = config.Activation;
        _convolutions = config.IsBottleneck ? Bottleneck(config, inChannels, outChannels, stride, binder) : Basic(config, inChannels, outChannels, stride, binder);
        if (inChannels != outChannels || stride != 1)
            _shortcut = new ConvolutionLayer(inChannels, outChannels, 1, stride, null, binder.Scope("shortcut"));
    }

    /// <summary>The convolutions, the shortcut's last.</summary>
    public IEnumerable<ConvolutionLayer> Convolutions => _shortcut is null ? _convolutions : _convolutions.Append(_shortcut);

    /// <summary>[batch, in, rows, columns] → [batch, out, …]. A fresh tensor.</summary>
    public Tensor Forward(Tensor x, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var branch = x;
        foreach (var convolution in _convolutions)
            branch = convolution.Forward(branch, mode);
        return _activation(branch.Plus(_shortcut?.Forward(x, mode) ?? x)).MoveToOuterDisposeScope();
    }

    private static ConvolutionLayer[] Basic(ResnetConfig config, long inChannels, long outChannels, long stride, WeightBinder binder) =>
    [
        new(inChannels, outChannels, 3, stride, config.Activation, binder.Scope("layer.0")),
        new(outChannels, outChannels, 3, 1, null, binder.Scope("layer.1")),
    ];

    private static ConvolutionLayer[] Bottleneck(ResnetConfig config, long inChannels, long outChannels, long stride, WeightBinder binder)
    {
        var narrow = outChannels / Reduction;
        return
        [
            new(inChannels, narrow, 1, config.DownsamplesInBottleneck ? stride : 1, config.Activation, binder.Scope("layer.0")),
            new(narrow, narrow, 3, config.DownsamplesInBottleneck ? 1 : stride, config.Activation, binder.Scope("layer.1")),
            new(narrow, outChannels, 1, 1, null, binder.Scope("layer.2")),
        ];
    }
}
