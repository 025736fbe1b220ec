using Microsoft.ML.Eva.Backbones.Resnet;

namespace Microsoft.ML.Eva.Onnx.Families;

/// <summary>Nodes of ResNet. Mirrors <see cref="ResnetBackbone"/>, <see cref="ResidualLayer"/> and <see cref="ConvolutionLayer"/>.</summary>
internal static class ResnetGraph
{
    /// <summary>The last output [batch, channels, rows, columns].</summary>
    public static GraphValue Forward(GraphLayers layers, GraphValue pixels, ResnetConfig config)
    {
        var stem = Convolve(layers.Scope("embedder.embedder"), pixels).Activate(config.Activation);
        var x = layers.Graph.Node(
            "MaxPool", [stem], [GraphAttribute.Of("kernel_shape", [3, 3]), GraphAttribute.Of("strides", [2, 2]), GraphAttribute.Of("pads", [1, 1, 1, 1])]);
        for (var stage = 0; stage < config.Depths.Count; stage++)
            for (var i = 0; i < config.Depths[stage]; i++)
                x = Layer(layers.Scope($"encoder.stages.{stage}.layers.{i}"), x, config);
        return x;
    }

    private static GraphValue Layer(GraphLayers layer, GraphValue x, ResnetConfig config)
    {
        var branch = x;
        var count = config.IsBottleneck ? 3 : 2;
        for (var i = 0; i < count; i++)
        {
            branch = Convolve(layer.Scope($"layer.{i}"), branch);
            if (i < count - 1)
                branch = branch.Activate(config.Activation);
        }
        var shortcut = layer.Has("shortcut.convolution.weight") ? Convolve(layer.Scope("shortcut"), x) : x;
        return (branch + shortcut).Activate(config.Activation);
    }

    // In fine-tuned models the normalisation is a part of the convolution.
    private static GraphValue Convolve(GraphLayers layer, GraphValue x)
    {
        var y = layer.Convolution("convolution", x);
        return layer.Has("normalization.weight") ? layer.BatchNorm2d("normalization", y, ConvolutionLayer.Epsilon) : y;
    }
}
