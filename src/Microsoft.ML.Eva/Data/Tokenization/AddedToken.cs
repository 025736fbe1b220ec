namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>A token that is found in the text itself, before words are split.</summary>
/// <param name="Content">The text to find.</param>
/// <param name="Id">Its id.</param>
/// <param name="SingleWord">Not found where a letter, digit or underscore touches it.</param>
/// <param name="StripsLeft">Swallows the white space before it.</param>
/// <param name="StripsRight">Swallows the white space after it.</param>
/// <param name="IsNormalized">Looked for after normalization (and normalized itself) instead of before.</param>
/// <param name="IsSpecial">Steers the model and is no part of a text: left out when ids become a text again.</param>
internal sealed record AddedToken(
    string Content, int Id, bool SingleWord = false, bool StripsLeft = false, bool StripsRight = false, bool IsNormalized = false, bool IsSpecial = true);
