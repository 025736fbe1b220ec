using Microsoft.ML.Eva.Backbones.Layers;

namespace Microsoft.ML.Eva.Backbones.Gpt2;

/// <summary>What config.json says of a GPT-2.</summary>
internal sealed record Gpt2Config(
    int VocabularySize, int MaxTokens, int HiddenSize, int LayerCount, int HeadCount, int InnerSize, Activation Activation, double NormEpsilon,
    double EmbeddingDropout, double AttentionDropout, double ResidualDropout)
{
    /// <summary>Reads and checks.</summary>
    public static Gpt2Config Read(ConfigReader config)
    {
        var hiddenSize = config.Size("n_embd");
        var read = new Gpt2Config(
            VocabularySize: config.Integer("vocab_size", 1, int.MaxValue),
            MaxTokens: config.Size("n_positions"),
            HiddenSize: hiddenSize,
            LayerCount: config.Integer("n_layer", 1, ConfigReader.MostLayers),
            HeadCount: config.Size("n_head"),
            InnerSize: config.Size("n_inner", absent: 4 * hiddenSize),
            Activation: Activations.Parse(config, "activation_function", "gelu_new"),
            NormEpsilon: config.Epsilon("layer_norm_epsilon", absent: 1e-5),
            EmbeddingDropout: config.Dropout("embd_pdrop", absent: 0.1),
            AttentionDropout: config.Dropout("attn_pdrop", absent: 0.1),
            ResidualDropout: config.Dropout("resid_pdrop", absent: 0.1));
        config.CheckDivides("n_embd", read.HiddenSize, "n_head", read.HeadCount);
        CheckAttention(config);
        return read;
    }

    /// <summary>Throws for the variants of attention that are not computed here.</summary>
    public static void CheckAttention(ConfigReader config)
    {
        if (!config.Flag("scale_attn_weights", absent: true))
            throw config.Fault("scale_attn_weights", "is false; only scaled attention is supported");
        if (config.Flag("scale_attn_by_inverse_layer_idx", absent: false))
            throw config.Fault("scale_attn_by_inverse_layer_idx", "is true, which is not supported");
    }
}
