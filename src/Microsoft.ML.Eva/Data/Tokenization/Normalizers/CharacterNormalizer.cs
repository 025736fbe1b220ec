using System.Text;

namespace Microsoft.ML.Eva.Data.Tokenization.Normalizers;

/// <summary>Lower case character by character, or the loss of all marks.</summary>
internal sealed class CharacterNormalizer(bool lowersCase, bool dropsMarks) : TextNormalizer
{
    /// <inheritdoc/>
    public override string Normalize(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (dropsMarks && UnicodeClass.IsMark(rune))
                continue;
            if (lowersCase)
                UnicodeClass.AppendLower(result, rune);
            else
                UnicodeClass.Append(result, rune);
        }
        return result.ToString();
    }
}
