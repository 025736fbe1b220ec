using Microsoft.ML.Eva.Data;

namespace Microsoft.ML.Eva.Eva;

/// <summary>Batches without end: the source is read again when it ends. Hands over ownership of each batch.</summary>
internal sealed class BatchLoop(Func<IEnumerable<Batch>> source) : IDisposable
{
    private IEnumerator<Batch>? _batches;

    /// <summary>The next batch.</summary>
    /// <exception cref="ArgumentException">The source is empty.</exception>
    public Batch Next()
    {
        if (_batches is not null && _batches.MoveNext())
            return _batches.Current;
        _batches?.Dispose();
        _batches = source().GetEnumerator();
        return _batches.MoveNext() ? _batches.Current : throw new ArgumentException("The warm-up needs at least one mini-batch; there are no rows to analyse.", nameof(source));
    }

    /// <inheritdoc/>
    public void Dispose() => _batches?.Dispose();
}
