namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>A family of tokenizers that can be composed from vocabulary files without tokenizer.json.</summary>
internal sealed record TokenizerFamily(TokenizerFamily.Kind Name, string[] Files)
{
    /// <summary>The families.</summary>
    internal enum Kind
    {
        /// <summary>BERT, ELECTRA, DistilBERT.</summary>
        Bert,

        /// <summary>MPNet: BERT's words, RoBERTa's special tokens.</summary>
        MPNet,

        /// <summary>RoBERTa: bytes in pairs.</summary>
        Roberta,

        /// <summary>GPT-2: bytes in pairs without special tokens.</summary>
        Gpt2,

        /// <summary>DeBERTa v2 and v3: SentencePiece unigram.</summary>
        DebertaV2,

        /// <summary>XLM-RoBERTa: SentencePiece unigram with shifted ids.</summary>
        XlmRoberta,
    }

    /// <summary>The family of a tokenizer_class, else of a model_type; null where neither is known.</summary>
    public static TokenizerFamily? Of(string? tokenizerClass, string modelType) =>
        OfClass(tokenizerClass) ?? OfModel(modelType);

    private static TokenizerFamily? OfClass(string? name) => (name?.EndsWith("Fast", StringComparison.Ordinal) == true ? name[..^4] : name) switch
    {
        "BertTokenizer" or "ElectraTokenizer" or "DistilBertTokenizer" => new(Kind.Bert, ["vocab.txt"]),
        "MPNetTokenizer" => new(Kind.MPNet, ["vocab.txt"]),
        "RobertaTokenizer" => new(Kind.Roberta, ["vocab.json", "merges.txt"]),
        "GPT2Tokenizer" => new(Kind.Gpt2, ["vocab.json", "merges.txt"]),
        "DebertaV2Tokenizer" => new(Kind.DebertaV2, ["spm.model"]),
        "XLMRobertaTokenizer" => new(Kind.XlmRoberta, ["sentencepiece.bpe.model"]),
        _ => null,
    };

    private static TokenizerFamily? OfModel(string modelType) => modelType switch
    {
        "bert" or "electra" or "distilbert" => OfClass("BertTokenizer"),
        "mpnet" => OfClass("MPNetTokenizer"),
        "roberta" => OfClass("RobertaTokenizer"),
        "gpt2" => OfClass("GPT2Tokenizer"),
        "deberta-v2" => OfClass("DebertaV2Tokenizer"),
        "xlm-roberta" => OfClass("XLMRobertaTokenizer"),
        _ => null,
    };
}
