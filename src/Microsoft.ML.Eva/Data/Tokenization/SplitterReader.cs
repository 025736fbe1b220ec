using Microsoft.ML.Eva.Data.Tokenization.WordSplitters;

namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>Reads tokenizer.json's "pre_tokenizer".</summary>
internal static class SplitterReader
{
    /// <summary>Reads any of the supported kinds.</summary>
    public static WordSplitter Read(JsonNode node) => node.Type switch
    {
        "BertPreTokenizer" => new BertSplitter(),
        var other => throw node.Fault($"is a {other}, which is not supported."),
    };
}
