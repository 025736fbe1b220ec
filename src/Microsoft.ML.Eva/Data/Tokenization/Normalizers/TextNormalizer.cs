namespace Microsoft.ML.Eva.Data.Tokenization.Normalizers;

/// <summary>Rewrites a text before it is split into words. Pure.</summary>
internal abstract class TextNormalizer
{
    /// <summary>The rewritten text; <paramref name="text"/> is valid Unicode.</summary>
    public abstract string Normalize(string text);
}
