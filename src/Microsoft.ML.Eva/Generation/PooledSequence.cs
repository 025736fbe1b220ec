namespace Microsoft.ML.Eva.Generation;

/// <summary>A sequence whose items are computed on the thread pool, one at a time, while the caller waits without blocking.</summary>
internal sealed class PooledSequence<T>(IEnumerable<T> items, CancellationToken cancellation) : IAsyncEnumerable<T>
{
    /// <inheritdoc/>
    public async IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, cancellationToken);
        using var enumerator = items.GetEnumerator();
        while (true)
        {
            both.Token.ThrowIfCancellationRequested();
            if (!await Task.Run(enumerator.MoveNext, CancellationToken.None).ConfigureAwait(false))
                yield break;
            yield return enumerator.Current;
        }
    }
}
