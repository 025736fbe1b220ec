using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Data.Labels;
using Microsoft.ML.Eva.Data.Tokenization;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Benchmarks;

/// <summary>MiniLM with a new head of two classes, and texts as its batches.</summary>
internal static class MiniLmSetup
{
    public static Network CreateNetwork()
    {
        using var generator = new Generator(1);
        var checkpoint = Checkpoint.MiniLM.Acquire(CPU);
        try
        {
            return NetworkFactory.Create(checkpoint, HeadKind.Auto, 2, generator, dropout: 0);
        }
        finally
        {
            checkpoint.Release();
        }
    }

    public static TextBatchSource CreateRows(Network network, IEnumerable<string> texts, int maxTokens = 128)
    {
        var content = network.Checkpoint;
        var tokenizer = TokenizerFactory.Create(content.ModelType, content.Config, content.Files, content.Name);
        var (rows, labels) = (new TextRows(tokenizer.VocabularySize), new ClassLabels());
        foreach (var text in texts)
        {
            rows.Add(tokenizer.Encode(text, null, maxTokens));
            labels.Add(rows.Count % 2);
        }
        return new TextBatchSource(rows, new TextPadding(tokenizer.PadId, tokenizer.HasTokenTypes), CPU, labels);
    }
}
