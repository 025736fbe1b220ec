using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.ML.Eva.Data.Tokenization;

namespace Microsoft.ML.Eva.Backbones;

/// <summary>
/// Lets contents whose files say the same share one tokenizer, such as models that were saved from one checkpoint and are loaded
/// side by side: a vocabulary of tens of thousands of words takes several MB. It keeps no tokenizer alive.
/// </summary>
internal static class TokenizerStore
{
    // Searched through instead of looked up by a hash: few tokenizers are alive at once, and .NET's hashes are in a native library,
    // whose loading would wait for that of libtorch when a process loads its first model.
    private static readonly ConditionalWeakTable<TextTokenizer, Source> Tokenizers = [];
    private static readonly Lock Gate = new();

    /// <summary>The tokenizer that a checkpoint's config.json and files describe, made if nobody holds it.</summary>
    /// <exception cref="InvalidDataException">Files are missing or broken, or name what is not supported.</exception>
    public static TextTokenizer Acquire(string checkpoint, JsonElement config, IReadOnlyDictionary<string, byte[]> files)
    {
        var source = new Source(checkpoint, config.GetRawText(), files);
        lock (Gate)
        {
            foreach (var (held, madeFrom) in Tokenizers)
                if (madeFrom.SaysTheSameAs(source))
                    return held;
            var tokenizer = TokenizerFactory.Create(CheckpointContent.TypeOf(config), config, files, checkpoint);
            Tokenizers.Add(tokenizer, source);
            return tokenizer;
        }
    }

    /// <summary>All that a tokenizer depends on; the checkpoint's name is in it for the sake of error messages.</summary>
    private sealed record Source(string Checkpoint, string Config, IReadOnlyDictionary<string, byte[]> Files)
    {
        public bool SaysTheSameAs(Source other) => Checkpoint == other.Checkpoint && Config == other.Config && Files.Count == other.Files.Count
            && Files.All(file => other.Files.TryGetValue(file.Key, out var bytes) && file.Value.AsSpan().SequenceEqual(bytes));
    }
}
