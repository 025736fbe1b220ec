using Microsoft.ML.Eva.Backbones.Layers;

namespace Microsoft.ML.Eva.Backbones.Distilbert;

/// <summary>What config.json says of a DistilBERT.</summary>
internal sealed record DistilbertConfig(
    int VocabularySize, int MaxTokens, int HiddenSize, int LayerCount, int HeadCount, int InnerSize,
    Activation Activation, double Dropout, double AttentionDropout)
{
    /// <summary>The same in every DistilBERT; config.json has no key for it.</summary>
    public const double NormEpsilon = 1e-12;

    /// <summary>What follows attention in each layer. The attention's output has no dropout.</summary>
    public PostNormShape BlockShape => new(
        "attention.out_lin", "sa_layer_norm", "ffn.lin1", "ffn.lin2", "output_layer_norm", HiddenSize, InnerSize, Activation, NormEpsilon, 0, Dropout);

    /// <summary>Reads and checks.</summary>
    public static DistilbertConfig Read(ConfigReader config)
    {
        var read = new DistilbertConfig(
            VocabularySize: config.Integer("vocab_size", 1, int.MaxValue),
            MaxTokens: config.Size("max_position_embeddings"),
            HiddenSize: config.Size("dim"),
            LayerCount: config.Integer("n_layers", 1, ConfigReader.MostLayers),
            HeadCount: config.Size("n_heads"),
            InnerSize: config.Size("hidden_dim"),
            Activation: Activations.Parse(config, "activation", "gelu"),
            Dropout: config.Dropout("dropout", absent: 0.1),
            AttentionDropout: config.Dropout("attention_dropout", absent: 0.1));
        config.CheckDivides("dim", read.HiddenSize, "n_heads", read.HeadCount);
        return read;
    }
}
