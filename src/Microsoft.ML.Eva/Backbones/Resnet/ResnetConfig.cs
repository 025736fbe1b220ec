using Microsoft.ML.Eva.Backbones.Layers;

namespace Microsoft.ML.Eva.Backbones.Resnet;

/// <summary>ResNet's config.json, checked.</summary>
internal sealed record ResnetConfig
{
    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="InvalidDataException">A setting is missing, of another type, or impossible.</exception>
    public ResnetConfig(ConfigReader config)
    {
        ChannelCount = config.Size("num_channels", 3);
        EmbeddingSize = config.Size("embedding_size", 64);
        (HiddenSizes, Depths) = (config.Sizes("hidden_sizes"), config.Sizes("depths"));
        var type = config.Text("layer_type", "bottleneck");
        IsBottleneck = type == "bottleneck";
        Activation = Activations.Parse(config, "hidden_act", "relu");
        DownsamplesInFirstStage = config.Flag("downsample_in_first_stage", false);
        DownsamplesInBottleneck = config.Flag("downsample_in_bottleneck", false);
        if (type is not ("bottleneck" or "basic"))
            throw config.Fault("layer_type", $"is '{type}'; known are basic and bottleneck");
        if (HiddenSizes.Count != Depths.Count || Depths.Sum(depth => (long)depth) > ConfigReader.MostLayers)
            throw config.Fault("depths", $"is [{string.Join(", ", Depths)}]; it must have as many entries as hidden_sizes, {HiddenSizes.Count}, and at most {ConfigReader.MostLayers} layers in all");
        if (IsBottleneck && HiddenSizes.Any(size => size < ResidualLayer.Reduction))
            throw config.Fault("hidden_sizes", $"is [{string.Join(", ", HiddenSizes)}]; bottleneck layers need at least {ResidualLayer.Reduction} channels");
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
    public Activation Activation { get; }

    /// <summary>Whether the first stage halves its input too.</summary>
    public bool DownsamplesInFirstStage { get; }

    /// <summary>Whether a bottleneck halves its input in the first 1×1 convolution instead of the 3×3.</summary>
    public bool DownsamplesInBottleneck { get; }
}
