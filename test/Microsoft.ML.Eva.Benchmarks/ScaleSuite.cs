using System.Diagnostics;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Data.Tokenization;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Benchmarks;

/// <summary>
/// Reading, tokenizing and keeping 10,000, 100,000 and a million short texts, and one epoch's order and batches over them without
/// the network: seconds and bytes per row must stay the same.
/// </summary>
internal static class ScaleSuite
{
    public static object Run(SuiteSettings settings)
    {
        using var network = MiniLmSetup.CreateNetwork();
        var content = network.Checkpoint;
        var tokenizer = TokenizerFactory.Create(content.ModelType, content.Config, content.Files, content.Name);
        return new { Rows = new[] { 10_000, 100_000, 1_000_000 }.Select(count => Measure(settings, tokenizer, count)).ToList() };
    }

    private static object Measure(SuiteSettings settings, TextTokenizer tokenizer, int count)
    {
        var rows = new TextRows(tokenizer.VocabularySize);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var read = settings.Seconds(() =>
        {
            for (var i = 0; i < count; i++)
                rows.Add(tokenizer.Encode(settings.Texts[i % settings.Texts.Count], null, settings.MaxTokens));
        });
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        var source = new TextBatchSource(rows, new TextPadding(tokenizer.PadId, tokenizer.HasTokenTypes), CPU);
        var batches = settings.Seconds(() =>
        {
            foreach (var batch in source.TrainingBatches(32, 1, 0))
                batch.Dispose();
        });
        return new
        {
            Rows = count,
            MicrosecondsOfReadingPerRow = read / count * 1e6,
            BytesPerRow = bytes / (double)count,
            MicrosecondsOfBatchesPerRow = batches / count * 1e6,
            PeakBytes = Process.GetCurrentProcess().PeakWorkingSet64,
        };
    }
}
