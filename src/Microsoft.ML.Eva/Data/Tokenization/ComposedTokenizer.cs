using Microsoft.ML.Eva.Data.Tokenization.Normalizers;
using Microsoft.ML.Eva.Data.Tokenization.WordModels;
using Microsoft.ML.Eva.Data.Tokenization.WordSplitters;

namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>The parts a tokenizer is composed of, whichever files they come from.</summary>
internal sealed record TokenizerParts(
    TextNormalizer? Normalizer, WordSplitter Splitter, WordModel Model, IReadOnlyList<AddedToken> AddedTokens,
    SpecialTokenTemplate Template, int PadId, bool HasTokenTypes, int VocabularySize);

/// <summary>
/// Text to ids in the reference's order: added tokens that stand in the raw text, normalization, added tokens that stand in
/// the normalized text, words, the model of words, special tokens. Unchangeable but for the model's cache; safe for threads.
/// </summary>
internal sealed class ComposedTokenizer : TextTokenizer
{
    private readonly TokenizerParts _parts;
    private readonly AddedTokenFinder _inRawText;
    private readonly AddedTokenFinder? _inNormalizedText;

    /// <summary>Composes the parts.</summary>
    public ComposedTokenizer(TokenizerParts parts)
    {
        _parts = parts;
        _inRawText = new(parts.AddedTokens.Where(t => !t.IsNormalized));
        var normalized = parts.AddedTokens.Where(t => t.IsNormalized)
            .Select(t => t with { Content = parts.Normalizer?.Normalize(t.Content) ?? t.Content }).ToList();
        _inNormalizedText = normalized.Count > 0 ? new(normalized) : null;
    }

    /// <inheritdoc/>
    public override int PadId => _parts.PadId;

    /// <inheritdoc/>
    public override int VocabularySize => _parts.VocabularySize;

    /// <inheritdoc/>
    public override bool HasTokenTypes => _parts.HasTokenTypes;

    /// <inheritdoc/>
    public override EncodedText Encode(string text, string? pair, int maxTokens)
    {
        ArgumentNullException.ThrowIfNull(text);
        var template = _parts.Template;
        var room = maxTokens - (pair is null ? template.Single : template.Pair).Count;
        if (room < 0)
            room = int.MaxValue; // the reference cuts nothing where not even the special tokens fit

        var first = Tokens(text);
        if (pair is null)
            return template.Apply(first.AsSpan(0, Math.Min(first.Length, room)));
        var second = Tokens(pair);
        var (firstLength, secondLength) = LongestFirst.Cut(first.Length, second.Length, room);
        return template.Apply(first.AsSpan(0, firstLength), second.AsSpan(0, secondLength));
    }

    /// <inheritdoc/>
    public override TokenDecoder? CreateDecoder() => _parts.Model is BytePairModel model ? new TokenDecoder(model.TokensById(), _parts.AddedTokens) : null;

    private int[] Tokens(string text)
    {
        text = UnicodeClass.WithoutLoneSurrogates(text);
        var ids = new List<int>(32 + text.Length / 4);
        for (var start = 0; start < text.Length;)
        {
            var token = _inRawText.Next(text, start, out var begin, out var end);
            if (begin > start)
                AddRaw(start == 0 && begin == text.Length ? text : text[start..begin], start == 0, ids);
            if (token is not null)
                ids.Add(token.Id);
            start = end;
        }
        return [.. ids];
    }

    private void AddRaw(string text, bool isFirst, List<int> ids)
    {
        if (_parts.Normalizer is not null)
            text = _parts.Normalizer.Normalize(text);
        if (_inNormalizedText is null)
        {
            AddWords(text, isFirst, ids);
            return;
        }
        for (var start = 0; start < text.Length;)
        {
            var token = _inNormalizedText.Next(text, start, out var begin, out var end);
            if (begin > start)
                AddWords(start == 0 && begin == text.Length ? text : text[start..begin], isFirst && start == 0, ids);
            if (token is not null)
                ids.Add(token.Id);
            start = end;
        }
    }

    private void AddWords(string text, bool isFirst, List<int> ids)
    {
        if (text.Length == 0)
            return;
        text = _parts.Splitter.Prepare(text, isFirst);
        for (var position = 0; _parts.Splitter.Next(text, ref position, out var start);)
            _parts.Model.Encode(text.AsSpan(start, position - start), ids);
    }
}
