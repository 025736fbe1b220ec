using System.Text.Json;
using Microsoft.ML.Eva.Backbones.Layers;

namespace Microsoft.ML.Eva.Backbones.Vit;

/// <summary>What ViT's and DINOv2's config.json have in common, checked.</summary>
internal sealed record VisionTransformerConfig
{
    /// <summary>Reads and checks the common settings.</summary>
    /// <exception cref="InvalidDataException">A setting is missing, of another type, or impossible.</exception>
    public VisionTransformerConfig(ConfigReader config)
    {
        (HiddenSize, HeadCount) = (config.Size("hidden_size"), config.Size("num_attention_heads"));
        LayerCount = config.Integer("num_hidden_layers", 1, ConfigReader.MostLayers);
        (ImageSize, PatchSize) = (Side(config, "image_size", 224), Side(config, "patch_size", 16));
        ChannelCount = config.Size("num_channels", 3);
        Epsilon = config.Epsilon("layer_norm_eps", 1e-12);
        HiddenDropout = config.Dropout("hidden_dropout_prob", 0);
        AttentionDropout = config.Dropout("attention_probs_dropout_prob", 0);
        HasQueryKeyValueBias = config.Flag("qkv_bias", true);
        Activation = Activations.Parse(config, "hidden_act", "gelu");
        config.CheckDivides("hidden_size", HiddenSize, "num_attention_heads", HeadCount);
        if (ImageSize < PatchSize)
            throw config.Fault("image_size", $"is {ImageSize}, less than patch_size, {PatchSize}");
    }

    /// <summary>Width of a token.</summary>
    public int HiddenSize { get; }

    /// <summary>Number of encoder layers.</summary>
    public int LayerCount { get; }

    /// <summary>Number of attention heads.</summary>
    public int HeadCount { get; }

    /// <summary>Height and width of the pictures of pretraining.</summary>
    public long ImageSize { get; }

    /// <summary>Height and width of a patch.</summary>
    public long PatchSize { get; }

    /// <summary>Colour channels.</summary>
    public long ChannelCount { get; }

    /// <summary>ε of the layer normalisations.</summary>
    public double Epsilon { get; }

    /// <summary>Dropout after embeddings, attention and feed-forward part.</summary>
    public double HiddenDropout { get; }

    /// <summary>Dropout of the attention's weights.</summary>
    public double AttentionDropout { get; }

    /// <summary>Whether query, key and value have biases.</summary>
    public bool HasQueryKeyValueBias { get; }

    /// <summary>The feed-forward part's non-linearity.</summary>
    public Activation Activation { get; }

    /// <summary>Rows of the position table: the patches of a picture of pretraining and CLS.</summary>
    public long PositionCount => (ImageSize / PatchSize) * (ImageSize / PatchSize) + 1;

    // A number, or height and width in a list, which must agree.
    private static int Side(ConfigReader config, string name, int absent)
    {
        if (config.Find(name) is not { ValueKind: JsonValueKind.Array })
            return config.Size(name, absent);
        var sides = config.Sizes(name);
        return sides.Count == 2 && sides[0] == sides[1] ? sides[0] : throw config.Fault(name, $"is [{string.Join(", ", sides)}]; only squares are known");
    }
}
