namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>A row's token ids with special tokens; from <paramref name="SecondStart"/> on they are of type 1 (equal to the length where all are type 0).</summary>
internal readonly record struct EncodedText(int[] Ids, int SecondStart);

/// <summary>A checkpoint's own way from text to ids, equal to the reference implementation. Safe for many threads at once.</summary>
internal abstract class TextTokenizer
{
    /// <summary>The id that fills rows up to the longest of their batch.</summary>
    public abstract int PadId { get; }

    /// <summary>The largest id that can come out, plus one.</summary>
    public abstract int VocabularySize { get; }

    /// <summary>Whether the model reads token types (0 for the first text, 1 for the second).</summary>
    public abstract bool HasTokenTypes { get; }

    /// <summary>
    /// Encodes a text, or a pair if <paramref name="pair"/> is not null, with the family's special tokens, cut to
    /// <paramref name="maxTokens"/>: longest-first for pairs, so that neither text vanishes.
    /// </summary>
    public abstract EncodedText Encode(string text, string? pair, int maxTokens);

    /// <summary>The way back from ids to a text, made anew; null where texts cannot be restored (all but byte-level BPE).</summary>
    public virtual TokenDecoder? CreateDecoder() => null;
}
