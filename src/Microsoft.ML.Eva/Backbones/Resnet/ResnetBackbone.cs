using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Eva.Backbones.Resnet;

/// <summary>
/// Residual network (arXiv 1512.03385) with basic or bottleneck layers, under the names of Hugging Face's ResNetModel. Its
/// batch normalisations keep the statistics of pretraining, in training too.
/// </summary>
internal sealed class ResnetBackbone : Backbone
{
    private readonly long _channelCount;
    private readonly ConvolutionLayer _stem;
    private readonly ResidualLayer[][] _stages;
    private readonly ConvolutionLayer[] _convolutions;
    private Weight[] _weights;

    /// <summary>Binds every parameter; the caller ends with <see cref="WeightBinder.ThrowIfFaulty"/>.</summary>
    public ResnetBackbone(ConfigReader settings, WeightBinder binder)
    {
        var config = new ResnetConfig(settings);
        _channelCount = config.ChannelCount;
        HiddenSize = config.HiddenSizes[^1];
        _stem = new ConvolutionLayer(config.ChannelCount, config.EmbeddingSize, 7, 2, config.Activation, binder.Scope("embedder.embedder"));
        _stages = [.. Enumerable.Range(0, config.Depths.Count).Select(stage => Stage(config, stage, binder))];
        _convolutions = [_stem, .. _stages.SelectMany(stage => stage).SelectMany(layer => layer.Convolutions)];
        AdaptableLayers = [.. _convolutions.Select(layer => layer.Convolution)];
        _weights = CollectWeights();
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Weights => _weights;

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Constants => [.. _convolutions.SelectMany(layer => layer.Constants)];

    /// <inheritdoc/>
    public override IReadOnlyList<AdaptableLayer> AdaptableLayers { get; }

    /// <inheritdoc/>
    public override long HiddenSize { get; }

    /// <inheritdoc/>
    public override int? MaxTokens => null;

    /// <inheritdoc/>
    public override Tensor Forward(Batch batch, ForwardMode mode)
    {
        if (batch.Inputs.dim() != 4 || batch.Inputs.shape[1] != _channelCount)
            throw new ArgumentException($"Pictures are [{string.Join(", ", batch.Inputs.shape)}]; the network needs [batch, {_channelCount}, height, width].", nameof(batch));
        using var scope = NewDisposeScope();
        var x = Embed(batch.Inputs, mode);
        mode.OnHiddenState?.Invoke(x);
        foreach (var stage in _stages)
        {
            foreach (var layer in stage)
            {
                var next = layer.Forward(x, mode);
                x.Dispose();
                x = next;
            }
            mode.OnHiddenState?.Invoke(x);
        }
        return x.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override void FoldNormalizations()
    {
        foreach (var layer in _convolutions)
            layer.Fold();
        _weights = CollectWeights();
    }

    private Weight[] CollectWeights() => [.. _convolutions.SelectMany(layer => layer.Weights)];

    private Tensor Embed(Tensor pixels, ForwardMode mode)
    {
        using var stem = _stem.Forward(pixels, mode);
        return functional.max_pool2d(stem, kernel_size: 3, stride: 2, padding: 1);
    }

    private static ResidualLayer[] Stage(ResnetConfig config, int stage, WeightBinder binder)
    {
        var inChannels = stage == 0 ? config.EmbeddingSize : config.HiddenSizes[stage - 1];
        var outChannels = config.HiddenSizes[stage];
        var stride = stage > 0 || config.DownsamplesInFirstStage ? 2 : 1;
        return [.. Enumerable.Range(0, config.Depths[stage]).Select(layer => new ResidualLayer(
            config, layer == 0 ? inChannels : outChannels, outChannels, layer == 0 ? stride : 1, binder.Scope($"encoder.stages.{stage}.layers.{layer}")))];
    }
}
