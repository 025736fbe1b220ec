namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>The special tokens of a family whose vocabulary comes without tokenizer.json: what the settings name, else the family's own.</summary>
internal sealed class SpecialTokens
{
    private readonly List<(string Content, int Id)> _tokens = [];
    private readonly (string Content, int Id)? _mask;

    /// <summary>Looks all of them up; the mask may be missing, for nothing here needs it.</summary>
    public SpecialTokens(
        Vocabulary vocabulary, TokenizerSettings settings, (string Role, string Content) begin, (string Role, string Content) end,
        string pad, string mask, string unknown)
    {
        Begin = Require(begin.Role, begin.Content, "token before a text");
        End = Require(end.Role, end.Content, "token after a text");
        Pad = Require("pad_token", pad, "padding token");
        _tokens.Add((unknown, vocabulary.Require(unknown, "unknown token")));
        var maskToken = settings.Token("mask_token", mask);
        _mask = vocabulary.Ids.TryGetValue(maskToken, out var maskId) ? (maskToken, maskId) : null;

        int Require(string role, string content, string description)
        {
            content = settings.Token(role, content);
            var id = vocabulary.Require(content, description);
            _tokens.Add((content, id));
            return id;
        }
    }

    /// <summary>Before a text.</summary>
    public int Begin { get; }

    /// <summary>After a text.</summary>
    public int End { get; }

    /// <summary>Fills rows.</summary>
    public int Pad { get; }

    /// <summary>All of them, to be found in texts.</summary>
    public IReadOnlyList<AddedToken> AddedTokens(bool masksStripLeft)
    {
        var added = _tokens.Select(t => new AddedToken(t.Content, t.Id)).ToList();
        if (_mask is { } mask)
            added.Add(new(mask.Content, mask.Id, StripsLeft: masksStripLeft));
        return added;
    }
}
