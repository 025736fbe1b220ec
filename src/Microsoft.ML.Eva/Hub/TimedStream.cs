namespace Microsoft.ML.Eva.Hub;

/// <summary>A transfer that fails when no byte comes for too long, however long it takes in all.</summary>
internal sealed class TimedStream(Stream inner, TimeSpan timeout) : IAsyncDisposable
{
    /// <summary>Reads what has come.</summary>
    /// <exception cref="IOException">The transfer broke, or nothing came in time.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(timeout);
        try
        {
            return await inner.ReadAsync(buffer, patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException($"nothing came for {timeout.TotalSeconds:0.###} seconds.", e);
        }
        catch (HttpRequestException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
