using Microsoft.ML.Eva.Backbones.Layers;

namespace Microsoft.ML.Eva.Backbones.Mpnet;

/// <summary>What config.json says of an MPNet.</summary>
internal sealed record MpnetConfig(
    int VocabularySize, int PositionCount, int HiddenSize, int LayerCount, int HeadCount, int InnerSize, int BucketCount,
    Activation Activation, double NormEpsilon, double HiddenDropout, double AttentionDropout)
{
    /// <summary>The same in every MPNet, whatever config.json says.</summary>
    public const int PadId = 1;

    /// <summary>The most tokens of a row: positions up to the padding's are not for tokens.</summary>
    public int MaxTokens => PositionCount - PadId - 1;

    /// <summary>What follows attention in each layer.</summary>
    public PostNormShape BlockShape => new(
        "attention.attn.o", "attention.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm",
        HiddenSize, InnerSize, Activation, NormEpsilon, HiddenDropout, HiddenDropout);

    /// <summary>Reads and checks.</summary>
    public static MpnetConfig Read(ConfigReader config)
    {
        var read = new MpnetConfig(
            VocabularySize: config.Integer("vocab_size", PadId + 1, int.MaxValue),
            PositionCount: config.Integer("max_position_embeddings", PadId + 2, ConfigReader.LargestSize),
            HiddenSize: config.Size("hidden_size"),
            LayerCount: config.Integer("num_hidden_layers", 1, ConfigReader.MostLayers),
            HeadCount: config.Size("num_attention_heads"),
            InnerSize: config.Size("intermediate_size"),
            BucketCount: config.Integer("relative_attention_num_buckets", RelativeBuckets.Count, ConfigReader.LargestSize, absent: RelativeBuckets.Count),
            Activation: Activations.Parse(config, "hidden_act", "gelu"),
            NormEpsilon: config.Epsilon("layer_norm_eps", absent: 1e-12),
            HiddenDropout: config.Dropout("hidden_dropout_prob", absent: 0.1),
            AttentionDropout: config.Dropout("attention_probs_dropout_prob", absent: 0.1));
        config.CheckDivides("hidden_size", read.HiddenSize, "num_attention_heads", read.HeadCount);
        return read;
    }
}
