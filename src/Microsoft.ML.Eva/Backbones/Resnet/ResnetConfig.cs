using Microsoft.ML.Eva.Backbones.Vit;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Resnet;

/// <summary>ResNet's config.json, checked.</summary>
internal sealed record ResnetConfig
{
    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="InvalidDataException">A setting is missing, of another type, or impossible.</exception>
    public ResnetConfig(VisionConfigReader config)
    {
        ChannelCount = config.Positive("num_channels", 3);
        EmbeddingSize = config.Positive("embedding_size", 64);
        HiddenSizes = config.List("hidden_sizes");
        Depths = config.List("depths");
        var type = config.Text("layer_type", "bottleneck");
        IsBottleneck = type == "bottleneck";
        Activation = config.Activation("hidden_act", "relu");
        DownsamplesInFirstStage = config.Boolean("downsample_in_first_stage", false);
        DownsamplesInBottleneck = config.Boolean("downsample_in_bottleneck", false);
        config.Require(type is "bottleneck" or "basic", $"layer_type is '{type}'; known are basic and bottleneck");
        config.Require(HiddenSizes.Count == Depths.Count, $"hidden_sizes has {HiddenSizes.Count} stages, depths has {Depths.Count}");
        config.Require(!IsBottleneck || HiddenSizes.All(size => size >= ResidualLayer.Reduction), $"a hidden size is below {ResidualLayer.Reduction}, the bottleneck's reduction");
    }

    /// <summary>Colour channels.</summary>
    public long ChannelCount { get; }

    /// <summary>Channels of the stem.</summary>
    public long EmbeddingSize { get; }

    /// <summary>Channels of each stage.</summary>
    public IReadOnlyList<int> HiddenSizes { get; }

    /// <summary>Layers of each stage.</summary>
    public IReadOnlyList<int> Depths { get; }

    /// <summary>Whether layers are 1×1, 3×3, 1×1 convolutions instead of two 3×3.</summary>
    public bool IsBottleneck { get; }

    /// <summary>The non-linearity.</summary>
    public Func<Tensor, Tensor> Activation { get; }

    /// <summary>Whether the first stage halves its input too.</summary>
    public bool DownsamplesInFirstStage { get; }

    /// <summary>Whether a bottleneck halves its input in the first 1×1 convolution instead of the 3×3.</summary>
    public bool DownsamplesInBottleneck { get; }
}
