using Microsoft.ML.Eva.Backbones.Bert;

namespace Microsoft.ML.Eva.Backbones.Roberta;

/// <summary>What config.json says of a RoBERTa or XLM-R: a BERT whose positions count from after the padding's id.</summary>
internal sealed record RobertaConfig(BertConfig Encoder, int PadId)
{
    /// <summary>The most tokens of a row: the position table's first rows, up to the padding's, are not for tokens.</summary>
    public int MaxTokens => Encoder.MaxTokens - PadId - 1;

    /// <summary>Reads and checks.</summary>
    public static RobertaConfig Read(ConfigReader config)
    {
        var encoder = BertConfig.Read(config);
        var padId = config.Integer("pad_token_id", 0, encoder.VocabularySize - 1, absent: 1);
        return encoder.MaxTokens - padId - 1 > 0
            ? new RobertaConfig(encoder, padId)
            : throw config.Fault("max_position_embeddings", $"is {encoder.MaxTokens}, which leaves no position after pad_token_id, {padId}");
    }
}
