namespace Microsoft.ML.Eva.Data;

/// <summary>
/// Many token ids in few large arrays, two bytes each where the vocabulary allows it. Chunks are never copied to grow, and
/// no row is cut, so that millions of rows cost little more than their ids.
/// </summary>
internal sealed class TokenStore(int vocabularySize)
{
    private const int ChunkLength = 1 << 18;

    private readonly bool _isNarrow = vocabularySize <= ushort.MaxValue + 1;
    private readonly List<Array> _chunks = [];
    private int _used;

    /// <summary>Keeps <paramref name="ids"/>; returns the place from which <see cref="CopyTo"/> takes them.</summary>
    public (int Chunk, int Start) Add(ReadOnlySpan<int> ids)
    {
        if (_chunks.Count == 0 || _chunks[^1].Length - _used < ids.Length)
        {
            var length = Math.Max(ChunkLength, ids.Length);
            _chunks.Add(_isNarrow ? new ushort[length] : new int[length]);
            _used = 0;
        }
        if (_chunks[^1] is ushort[] narrow)
            for (var i = 0; i < ids.Length; i++)
                narrow[_used + i] = checked((ushort)ids[i]);
        else
            ids.CopyTo(((int[])_chunks[^1]).AsSpan(_used));
        var place = (_chunks.Count - 1, _used);
        _used += ids.Length;
        return place;
    }

    /// <summary>Copies as many ids as <paramref name="destination"/> holds.</summary>
    public void CopyTo((int Chunk, int Start) place, Span<long> destination)
    {
        if (_chunks[place.Chunk] is ushort[] narrow)
            for (var i = 0; i < destination.Length; i++)
                destination[i] = narrow[place.Start + i];
        else
            for (var i = 0; i < destination.Length; i++)
                destination[i] = ((int[])_chunks[place.Chunk])[place.Start + i];
    }
}
