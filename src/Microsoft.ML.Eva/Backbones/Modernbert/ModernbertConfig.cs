using System.Text.Json;
using Microsoft.ML.Eva.Backbones.Layers;

namespace Microsoft.ML.Eva.Backbones.Modernbert;

/// <summary>
/// What config.json says of a ModernBERT, in its published form or that of transformers 5: which layers attend to all tokens and
/// how far to either side the others look, among others.
/// </summary>
internal sealed record ModernbertConfig(
    int VocabularySize, int MaxTokens, int HiddenSize, int HeadCount, int InnerSize, IReadOnlyList<bool> IsGlobal, int LocalReach,
    double GlobalTheta, double LocalTheta, bool AttentionBias, bool InnerBias, bool NormBias, Activation Activation, double NormEpsilon,
    double EmbeddingDropout, double AttentionDropout, double InnerDropout)
{
    /// <summary>Width of one head.</summary>
    public int HeadSize => HiddenSize / HeadCount;

    /// <summary>Reads and checks.</summary>
    public static ModernbertConfig Read(ConfigReader config)
    {
        var layers = config.Integer("num_hidden_layers", 1, ConfigReader.MostLayers);
        var read = new ModernbertConfig(
            VocabularySize: config.Integer("vocab_size", 1, int.MaxValue),
            MaxTokens: config.Size("max_position_embeddings"),
            HiddenSize: config.Size("hidden_size"),
            HeadCount: config.Size("num_attention_heads"),
            InnerSize: config.Size("intermediate_size"),
            IsGlobal: ReadKinds(config, layers),
            LocalReach: config.Integer("local_attention", 0, ConfigReader.LargestSize, absent: 128) / 2,
            GlobalTheta: ReadTheta(config, "full_attention", "global_rope_theta", 160_000),
            LocalTheta: ReadTheta(config, "sliding_attention", "local_rope_theta", 10_000),
            AttentionBias: config.Flag("attention_bias", absent: false),
            InnerBias: config.Flag("mlp_bias", absent: false),
            NormBias: config.Flag("norm_bias", absent: false),
            Activation: Activations.Parse(config, "hidden_activation", "gelu"),
            NormEpsilon: config.Epsilon("norm_eps", absent: 1e-5),
            EmbeddingDropout: config.Dropout("embedding_dropout", absent: 0),
            AttentionDropout: config.Dropout("attention_dropout", absent: 0),
            InnerDropout: config.Dropout("mlp_dropout", absent: 0));
        config.CheckDivides("hidden_size", read.HiddenSize, "num_attention_heads", read.HeadCount);
        if (read.HeadSize % 2 != 0)
            throw config.Fault("hidden_size", $"is {read.HiddenSize}; over {read.HeadCount} heads it must be even, since positions turn pairs");
        return read;
    }

    // transformers 5 lists the layers' kinds; published files say that every n-th layer is global.
    private static bool[] ReadKinds(ConfigReader config, int layers)
    {
        if (config.Find("layer_types") is not { } list)
        {
            var every = config.Integer("global_attn_every_n_layers", 1, ConfigReader.LargestSize, absent: 3);
            return [.. Enumerable.Range(0, layers).Select(i => i % every == 0)];
        }
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() != layers)
            throw config.Fault("layer_types", $"must be a list of {layers} names, as many as num_hidden_layers says");
        return [.. list.EnumerateArray().Select(kind => kind.ValueKind != JsonValueKind.String ? null : kind.GetString()).Select(kind => kind switch
        {
            "full_attention" => true,
            "sliding_attention" => false,
            _ => throw config.Fault("layer_types", "has an entry other than 'full_attention' and 'sliding_attention'"),
        })];
    }

    private static double ReadTheta(ConfigReader config, string kind, string publishedName, double absent)
    {
        if (config.Find("rope_parameters") is { ValueKind: JsonValueKind.Object } all && all.TryGetProperty(kind, out var one) && one.ValueKind == JsonValueKind.Object)
        {
            var parameters = new ConfigReader(one, $"{config.Source}, rope_parameters.{kind}");
            var type = parameters.Text("rope_type", "default");
            return type == "default" ? parameters.Number("rope_theta", 1, 1e12, absent) : throw parameters.Fault("rope_type", "must be 'default'");
        }
        return config.Number(publishedName, 1, 1e12, absent);
    }
}
