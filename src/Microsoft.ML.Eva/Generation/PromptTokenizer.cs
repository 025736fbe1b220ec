using Microsoft.ML.Eva.Data.Tokenization;

namespace Microsoft.ML.Eva.Generation;

/// <summary>
/// Prompts, and prompts with their completions, as tokens. The prompt and the separator are one text and the completion is another,
/// in training as in writing, so that what is written begins with a token of its own.
/// </summary>
internal sealed class PromptTokenizer(TextTokenizer tokenizer, EndTokens ends, string separator)
{
    // What is left of a long prompt beside a long completion.
    private const int LeastPromptShare = 4;

    /// <summary>The most ids there are, for compact storage.</summary>
    public int VocabularySize { get; } = Math.Max(tokenizer.VocabularySize, ends.First + 1);

    /// <summary>The id that fills rows up.</summary>
    public int PadId => tokenizer.PadId;

    /// <summary>The prompt with the separator, cut at its beginning to <paramref name="mostTokens"/>. Where there is nothing, it is the end-of-text token, after which GPT-2 begins.</summary>
    public int[] Prompt(string prompt, int mostTokens)
    {
        var ids = tokenizer.Encode(prompt + separator, null, int.MaxValue).Ids;
        if (ids.Length == 0)
            return [ends.First];
        return ids.Length <= mostTokens ? ids : ids[^mostTokens..];
    }

    /// <summary>
    /// The prompt, the completion and the end-of-text token, the second part from the completion on. What is longer than
    /// <paramref name="maxTokens"/> is cut: first the prompt's beginning, of which a quarter of the tokens stays, then the completion's
    /// end; a completion that was cut is not ended.
    /// </summary>
    public (EncodedText Row, bool IsCut) Example(string prompt, string completion, int maxTokens)
    {
        var before = Prompt(prompt, int.MaxValue);
        int[] after = [.. tokenizer.Encode(completion, null, int.MaxValue).Ids, ends.First];
        if (before.Length + after.Length <= maxTokens)
            return (new EncodedText([.. before, .. after], before.Length), false);
        var room = Math.Min(before.Length, Math.Max(maxTokens - after.Length, maxTokens / LeastPromptShare));
        int[] ids = [.. before[^room..], .. after[..Math.Min(after.Length, maxTokens - room)]];
        return (new EncodedText(ids, room), true);
    }
}
