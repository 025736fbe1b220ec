using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Layers;

/// <summary>
/// One attention layer's keys and values of the tokens seen so far. Room is taken ahead and doubled when it is full, so that a
/// further token costs one write and no copy.
/// </summary>
/// <param name="mostTokens">The most tokens that will come.</param>
internal sealed class LayerCache(long mostTokens) : IDisposable
{
    private const long FirstRoom = 64;

    private Tensor? _keys; // [rows, heads, room, headSize]
    private Tensor? _values;

    /// <summary>Tokens held.</summary>
    public long Length { get; private set; }

    /// <summary>Adds [rows, heads, tokens, headSize] of either kind; returns all held [rows, heads, <see cref="Length"/>, headSize]: views.</summary>
    public (Tensor Keys, Tensor Values) Append(Tensor keys, Tensor values)
    {
        var tokens = keys.shape[2];
        MakeRoom(keys, Length + tokens);
        using (var place = _keys!.narrow(2, Length, tokens))
            place.copy_(keys);
        using (var place = _values!.narrow(2, Length, tokens))
            place.copy_(values);
        Length += tokens;
        return (_keys!.narrow(2, 0, Length), _values!.narrow(2, 0, Length));
    }

    /// <summary>Goes on with these rows [count] int64, in their order; a row may come more than once or not at all.</summary>
    public void Select(Tensor rows)
    {
        if (_keys is null || _values is null)
            return;
        (_keys, _values) = (Selected(_keys, rows), Selected(_values, rows));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _keys?.Dispose();
        _values?.Dispose();
        (_keys, _values, Length) = (null, null, 0);
    }

    private void MakeRoom(Tensor like, long needed)
    {
        if (needed > mostTokens)
            throw new InvalidOperationException($"{needed} tokens do not fit into a cache for {mostTokens}.");
        if (_keys is not null && needed <= _keys.shape[2])
            return;
        var room = Math.Min(mostTokens, Math.Max(needed + FirstRoom, 2 * Length));
        (_keys, _values) = (Grown(_keys, like, room), Grown(_values, like, room));
    }

    private Tensor Grown(Tensor? held, Tensor like, long room)
    {
        using var scope = NewDisposeScope();
        var grown = empty(like.shape[0], like.shape[1], room, like.shape[3], like.dtype, like.device);
        if (held is not null)
            grown.narrow(2, 0, Length).copy_(held.narrow(2, 0, Length));
        held?.Dispose();
        return grown.DetachFromDisposeScope();
    }

    // Only what is held is copied.
    private Tensor Selected(Tensor held, Tensor rows)
    {
        using var scope = NewDisposeScope();
        var selected = empty(rows.shape[0], held.shape[1], held.shape[2], held.shape[3], held.dtype, held.device);
        selected.narrow(2, 0, Length).copy_(held.narrow(2, 0, Length).index_select(0, rows));
        held.Dispose();
        return selected.DetachFromDisposeScope();
    }
}
