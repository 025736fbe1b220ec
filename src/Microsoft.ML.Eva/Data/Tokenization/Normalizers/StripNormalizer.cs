namespace Microsoft.ML.Eva.Data.Tokenization.Normalizers;

/// <summary>Drops white space at the ends.</summary>
internal sealed class StripNormalizer(bool stripsLeft, bool stripsRight) : TextNormalizer
{
    /// <inheritdoc/>
    public override string Normalize(string text)
    {
        if (stripsLeft)
            text = text.TrimStart();
        return stripsRight ? text.TrimEnd() : text;
    }
}
