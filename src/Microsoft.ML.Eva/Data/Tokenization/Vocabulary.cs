namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>Tokens and their ids, each at most once. Filled by a reader, then only read.</summary>
internal sealed class Vocabulary(TokenizerFiles files, string file)
{
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<int, string> _tokens = [];

    /// <summary>The file it was read from, for messages.</summary>
    public string File => file;

    /// <summary>The largest id plus one.</summary>
    public int Size { get; private set; }

    /// <summary>All tokens with their ids, in no order.</summary>
    public IReadOnlyDictionary<string, int> Ids => _ids;

    /// <summary>The token of an id, or null.</summary>
    public string? TokenAt(int id) => _tokens.GetValueOrDefault(id);

    /// <summary>Adds a token.</summary>
    /// <exception cref="InvalidDataException">The id is out of range, or the token or the id is there already.</exception>
    public void Add(string token, long id)
    {
        if (id is < 0 or > TokenizerFiles.LargestId)
            throw files.Fault(file, $"gives token \"{TokenizerFiles.Shorten(token)}\" the id {id}; ids lie between 0 and {TokenizerFiles.LargestId}.");
        if (!_tokens.TryAdd((int)id, token))
            throw files.Fault(file, $"gives the id {id} to both \"{TokenizerFiles.Shorten(_tokens[(int)id])}\" and \"{TokenizerFiles.Shorten(token)}\".");
        if (!_ids.TryAdd(token, (int)id))
            throw files.Fault(file, $"holds the token \"{TokenizerFiles.Shorten(token)}\" twice, as {_ids[token]} and as {id}.");
        Size = Math.Max(Size, (int)id + 1);
    }

    /// <summary>Gives a line its number as id; of equal lines the last one counts, as in the reference.</summary>
    public void AddLine(string token, int number)
    {
        _ids[token] = number;
        _tokens[number] = token;
        Size = Math.Max(Size, number + 1);
    }

    /// <summary>The id of a token that must be there.</summary>
    /// <exception cref="InvalidDataException">It is not.</exception>
    public int Require(string token, string role) => _ids.TryGetValue(token, out var id)
        ? id
        : throw files.Fault(file, $"lacks \"{TokenizerFiles.Shorten(token)}\", the {role}; it holds {_ids.Count} tokens.");
}
