namespace Microsoft.ML.Eva.Data.Tokenization.WordModels;

/// <summary>Turns a word into the ids of its pieces.</summary>
internal abstract class WordModel
{
    private readonly WordCache _cache = new();

    /// <summary>Appends the ids of <paramref name="word"/>, which is not empty.</summary>
    public void Encode(ReadOnlySpan<char> word, List<int> ids)
    {
        if (_cache.TryGet(word, out var cached))
        {
            ids.AddRange(cached);
            return;
        }
        var pieces = new List<int>();
        EncodePieces(word.ToString(), pieces);
        _cache.Add(word, pieces);
        ids.AddRange(pieces);
    }

    /// <summary>The model itself, on a word that was not met before.</summary>
    protected abstract void EncodePieces(string word, List<int> pieces);
}
