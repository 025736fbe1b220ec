namespace Microsoft.ML.Eva.Backbones.Vit;

/// <summary>What ViT's and DINOv2's config.json have in common, checked.</summary>
internal sealed record VisionTransformerConfig
{
    /// <summary>Reads and checks the common settings.</summary>
    /// <exception cref="InvalidDataException">A setting is missing, of another type, or impossible.</exception>
    public VisionTransformerConfig(VisionConfigReader config)
    {
        HiddenSize = config.Positive("hidden_size");
        LayerCount = config.Positive("num_hidden_layers");
        HeadCount = config.Positive("num_attention_heads");
        ImageSize = config.Side("image_size", 224);
        PatchSize = config.Side("patch_size", 16);
        ChannelCount = config.Positive("num_channels", 3);
        Epsilon = config.Number("layer_norm_eps", 1e-12);
        HiddenDropout = config.Number("hidden_dropout_prob", 0);
        AttentionDropout = config.Number("attention_probs_dropout_prob", 0);
        HasQueryKeyValueBias = config.Boolean("qkv_bias", true);
        Activation = config.Activation("hidden_act", "gelu");
        config.Require(HiddenSize % HeadCount == 0, $"hidden_size {HiddenSize} is no multiple of num_attention_heads {HeadCount}");
        config.Require(ImageSize >= PatchSize, $"image_size {ImageSize} is smaller than patch_size {PatchSize}");
    }

    /// <summary>Width of a token.</summary>
    public long HiddenSize { get; }

    /// <summary>Number of encoder layers.</summary>
    public int LayerCount { get; }

    /// <summary>Number of attention heads.</summary>
    public long HeadCount { get; }

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
    public Func<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor> Activation { get; }

    /// <summary>Rows of the position table: the patches of a picture of pretraining and CLS.</summary>
    public long PositionCount => (ImageSize / PatchSize) * (ImageSize / PatchSize) + 1;
}
