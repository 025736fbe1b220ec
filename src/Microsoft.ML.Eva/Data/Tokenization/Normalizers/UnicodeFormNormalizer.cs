using System.Text;

namespace Microsoft.ML.Eva.Data.Tokenization.Normalizers;

/// <summary>One of Unicode's four normalization forms.</summary>
internal sealed class UnicodeFormNormalizer(NormalizationForm form) : TextNormalizer
{
    private static readonly bool PlatformNormalizes = "\u00E9".Normalize(NormalizationForm.FormD).Length == 2;

    /// <inheritdoc/>
    public override string Normalize(string text) => ToForm(text, form);

    /// <summary>The text in a form; noncharacters, which the platform may refuse, stay as they are.</summary>
    /// <exception cref="PlatformNotSupportedException">The process runs without Unicode data, and the text is not ASCII.</exception>
    public static string ToForm(string text, NormalizationForm form)
    {
        if (Ascii.IsValid(text))
            return text;
        if (!PlatformNormalizes)
        {
            throw new PlatformNotSupportedException(
                "This tokenizer normalizes Unicode, which .NET cannot do with InvariantGlobalization: set it to false and install ICU, or keep to ASCII.");
        }
        try
        {
            return text.Normalize(form);
        }
        catch (ArgumentException)
        {
            return NormalizeAroundNoncharacters(text, form);
        }
    }

    private static string NormalizeAroundNoncharacters(string text, NormalizationForm form)
    {
        var result = new StringBuilder(text.Length);
        var start = 0;
        for (var i = 0; i < text.Length;)
        {
            Rune.DecodeFromUtf16(text.AsSpan(i), out var rune, out var length);
            if ((rune.Value & 0xFFFE) == 0xFFFE || rune.Value is >= 0xFDD0 and <= 0xFDEF)
            {
                result.Append(text[start..i].Normalize(form)).Append(text, i, length);
                start = i + length;
            }
            i += length;
        }
        return result.Append(text[start..].Normalize(form)).ToString();
    }
}
