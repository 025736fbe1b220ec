namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>What a family calls its special tokens unless the checkpoint's settings say otherwise.</summary>
internal sealed record SpecialTokenNames(string Begin, string End, string Pad, string Mask, string Unknown);

/// <summary>The special tokens of a family whose vocabulary comes without tokenizer.json.</summary>
internal sealed class SpecialTokens
{
    private readonly List<AddedToken> _added = [];

    /// <summary>Looks all of them up; the mask may be missing, for nothing here needs it.</summary>
    public SpecialTokens(Vocabulary vocabulary, TokenizerSettings settings, SpecialTokenNames names, bool maskStripsLeft)
    {
        Unknown = settings.Token("unk_token", names.Unknown);
        _added.Add(new(Unknown, vocabulary.Require(Unknown, "unknown token")));
        Begin = Require("cls_token", names.Begin, "token before a text");
        End = Require("sep_token", names.End, "token after a text");
        Pad = Require("pad_token", names.Pad, "padding token");
        var mask = settings.Token("mask_token", names.Mask);
        if (vocabulary.Ids.TryGetValue(mask, out var maskId))
            _added.Add(new(mask, maskId, StripsLeft: maskStripsLeft));

        int Require(string role, string content, string description)
        {
            content = settings.Token(role, content);
            var id = vocabulary.Require(content, description);
            _added.Add(new(content, id));
            return id;
        }
    }

    /// <summary>Before a text.</summary>
    public int Begin { get; }

    /// <summary>After a text.</summary>
    public int End { get; }

    /// <summary>Fills rows.</summary>
    public int Pad { get; }

    /// <summary>What words of no pieces become.</summary>
    public string Unknown { get; }

    /// <summary>All of them, to be found in texts.</summary>
    public IReadOnlyList<AddedToken> AddedTokens => _added;
}
