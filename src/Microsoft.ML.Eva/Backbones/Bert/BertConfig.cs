using Microsoft.ML.Eva.Backbones.Layers;

namespace Microsoft.ML.Eva.Backbones.Bert;

/// <summary>What config.json says of a BERT.</summary>
internal sealed record BertConfig(
    int VocabularySize, int TypeCount, int MaxTokens, int HiddenSize, int LayerCount, int HeadCount, int InnerSize,
    Activation Activation, double NormEpsilon, double HiddenDropout, double AttentionDropout)
{
    /// <summary>What follows attention in each layer.</summary>
    public PostNormShape BlockShape => new(
        "attention.output.dense", "attention.output.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm",
        HiddenSize, InnerSize, Activation, NormEpsilon, HiddenDropout, HiddenDropout);

    /// <summary>Reads and checks.</summary>
    public static BertConfig Read(ConfigReader config)
    {
        var read = new BertConfig(
            VocabularySize: config.Integer("vocab_size", 1, int.MaxValue),
            TypeCount: config.Size("type_vocab_size", absent: 2),
            MaxTokens: config.Size("max_position_embeddings"),
            HiddenSize: config.Size("hidden_size"),
            LayerCount: config.Integer("num_hidden_layers", 1, ConfigReader.MostLayers),
            HeadCount: config.Size("num_attention_heads"),
            InnerSize: config.Size("intermediate_size"),
            Activation: Activations.Parse(config, "hidden_act", "gelu"),
            NormEpsilon: config.Epsilon("layer_norm_eps", absent: 1e-12),
            HiddenDropout: config.Dropout("hidden_dropout_prob", absent: 0.1),
            AttentionDropout: config.Dropout("attention_probs_dropout_prob", absent: 0.1));
        config.CheckDivides("hidden_size", read.HiddenSize, "num_attention_heads", read.HeadCount);
        AbsolutePositions.Check(config);
        return read;
    }
}
