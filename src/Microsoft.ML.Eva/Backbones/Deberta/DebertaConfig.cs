using System.Text.Json;
using Microsoft.ML.Eva.Backbones.Layers;

namespace Microsoft.ML.Eva.Backbones.Deberta;

/// <summary>How DeBERTa's attention sees distances. Null where it does not.</summary>
/// <param name="Span">Half the number of rows of the table of distances: buckets, or tokens where there are no buckets.</param>
/// <param name="BucketCount">Number of logarithmic buckets, or 0 for none.</param>
/// <param name="MaxDistance">Where the buckets end.</param>
/// <param name="ContentToPosition">Whether queries look at the distances' keys.</param>
/// <param name="PositionToContent">Whether keys look at the distances' queries.</param>
/// <param name="SharesProjections">Whether the distances go through the layers' own query and key projections (v3).</param>
/// <param name="NormalizesTable">Whether the table is normalised first.</param>
internal sealed record RelativePositions(
    int Span, int BucketCount, int MaxDistance, bool ContentToPosition, bool PositionToContent, bool SharesProjections, bool NormalizesTable);

/// <summary>What config.json says of a DeBERTa-v2 or -v3.</summary>
internal sealed record DebertaConfig(
    int VocabularySize, int TypeCount, int MaxTokens, int EmbeddingSize, int HiddenSize, int LayerCount, int HeadCount, int InnerSize,
    bool AddsPositions, RelativePositions? Relative, Activation Activation, double NormEpsilon, double HiddenDropout, double AttentionDropout)
{
    /// <summary>What follows attention in each layer.</summary>
    public PostNormShape BlockShape => new(
        "attention.output.dense", "attention.output.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm",
        HiddenSize, InnerSize, Activation, NormEpsilon, HiddenDropout, HiddenDropout);

    /// <summary>Reads and checks.</summary>
    public static DebertaConfig Read(ConfigReader config)
    {
        var hiddenSize = config.Size("hidden_size");
        var maxTokens = config.Size("max_position_embeddings", absent: 512);
        var read = new DebertaConfig(
            VocabularySize: config.Integer("vocab_size", 1, int.MaxValue),
            TypeCount: config.Integer("type_vocab_size", 0, ConfigReader.LargestSize, absent: 0),
            MaxTokens: maxTokens,
            EmbeddingSize: config.Size("embedding_size", absent: hiddenSize),
            HiddenSize: hiddenSize,
            LayerCount: config.Integer("num_hidden_layers", 1, ConfigReader.MostLayers),
            HeadCount: config.Size("num_attention_heads"),
            InnerSize: config.Size("intermediate_size"),
            AddsPositions: config.Flag("position_biased_input", absent: true),
            Relative: config.Flag("relative_attention", absent: false) ? ReadRelative(config, maxTokens) : null,
            Activation: Activations.Parse(config, "hidden_act", "gelu"),
            NormEpsilon: config.Epsilon("layer_norm_eps", absent: 1e-7),
            HiddenDropout: config.Dropout("hidden_dropout_prob", absent: 0.1),
            AttentionDropout: config.Dropout("attention_probs_dropout_prob", absent: 0.1));
        config.CheckDivides("hidden_size", read.HiddenSize, "num_attention_heads", read.HeadCount);
        if (config.Integer("conv_kernel_size", 0, ConfigReader.LargestSize, absent: 0) > 0)
            throw config.Fault("conv_kernel_size", "is set: the convolution of deberta-v2-xlarge and -xxlarge is not supported; every deberta-v3 does without");
        return read;
    }

    private static RelativePositions ReadRelative(ConfigReader config, int maxTokens)
    {
        var maxDistance = config.Integer("max_relative_positions", -1, ConfigReader.LargestSize, absent: -1);
        if (maxDistance < 1)
            maxDistance = maxTokens;
        var buckets = Math.Max(0, config.Integer("position_buckets", -1, ConfigReader.LargestSize, absent: -1));
        if (buckets == 1 || buckets > 0 && maxDistance - 1 <= buckets / 2)
            throw config.Fault("position_buckets", $"is {buckets}; it must be at least 2, and its half less than the largest distance, {maxDistance - 1}");
        var kinds = ReadKinds(config);
        var norm = config.Text("norm_rel_ebd", "none");
        return new RelativePositions(
            Span: buckets > 0 ? buckets : maxDistance,
            BucketCount: buckets,
            MaxDistance: maxDistance,
            ContentToPosition: kinds.Contains("c2p"),
            PositionToContent: kinds.Contains("p2c"),
            SharesProjections: config.Flag("share_att_key", absent: false),
            NormalizesTable: norm.Split('|').Select(part => part.Trim()).Contains("layer_norm", StringComparer.OrdinalIgnoreCase));
    }

    // Old files have "p2c|c2p", new ones ["p2c", "c2p"].
    private static HashSet<string> ReadKinds(ConfigReader config)
    {
        string[] kinds = config.Find("pos_att_type") switch
        {
            null => [],
            { ValueKind: JsonValueKind.String } text => text.GetString()!.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
            { ValueKind: JsonValueKind.Array } list when list.GetArrayLength() <= 8 && list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) =>
                [.. list.EnumerateArray().Select(item => item.GetString()!.Trim())],
            _ => throw config.Fault("pos_att_type", "must be a list of names or a string like \"p2c|c2p\""),
        };
        if (kinds.FirstOrDefault(kind => kind is not ("c2p" or "p2c")) is { } unknown)
            throw config.Fault("pos_att_type", $"has '{(unknown.Length <= 60 ? unknown : unknown[..60] + "…")}'; known are c2p and p2c");
        return [.. kinds];
    }
}
