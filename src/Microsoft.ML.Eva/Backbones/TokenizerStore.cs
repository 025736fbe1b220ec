using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.Eva.Data.Tokenization;

namespace Microsoft.ML.Eva.Backbones;

/// <summary>
/// Lets contents whose files say the same share one tokenizer, such as models that were saved from one checkpoint and are loaded
/// side by side: a vocabulary of tens of thousands of words takes several MB. It holds tokenizers weakly.
/// </summary>
internal static class TokenizerStore
{
    private static readonly Dictionary<string, WeakReference<TextTokenizer>> Tokenizers = [];
    private static readonly Lock Gate = new();

    /// <summary>The tokenizer that the content's files describe, made if nobody holds it.</summary>
    /// <exception cref="InvalidDataException">Files are missing or broken, or name what is not supported.</exception>
    public static TextTokenizer Acquire(CheckpointContent content)
    {
        var key = Key(content);
        lock (Gate)
        {
            if (Tokenizers.TryGetValue(key, out var weak) && weak.TryGetTarget(out var held))
                return held;
            var tokenizer = TokenizerFactory.Create(content.ModelType, content.Config, content.Files, content.Name);
            foreach (var gone in Tokenizers.Where(one => !one.Value.TryGetTarget(out _)).Select(one => one.Key).ToList())
                Tokenizers.Remove(gone);
            Tokenizers[key] = new WeakReference<TextTokenizer>(tokenizer);
            return tokenizer;
        }
    }

    // The name is in it for the sake of error messages.
    private static string Key(CheckpointContent content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(Encoding.UTF8.GetBytes(content.Name));
        Add(Encoding.UTF8.GetBytes(content.Config.GetRawText()));
        foreach (var (name, bytes) in content.Files.OrderBy(file => file.Key, StringComparer.Ordinal))
        {
            Add(Encoding.UTF8.GetBytes(name));
            Add(bytes);
        }
        return Convert.ToHexStringLower(hash.GetCurrentHash());

        void Add(byte[] part)
        {
            hash.AppendData(BitConverter.GetBytes(part.Length));
            hash.AppendData(part);
        }
    }
}
