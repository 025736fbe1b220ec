using Microsoft.ML.Runtime;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>One token for both ways to stop a fit: the caller's token, and the cancelling of the MLContext, as AutoML does it, which tells nobody and must be asked for.</summary>
internal sealed class FitCancellation : IDisposable
{
    private static readonly TimeSpan AskedEvery = TimeSpan.FromMilliseconds(50);

    private readonly IHost _host;
    private readonly CancellationTokenSource _source;
    private readonly Timer _timer;
    private readonly Lock _gate = new();
    private bool _isDisposed;

    /// <summary>Asks from now on.</summary>
    public FitCancellation(IHost host, CancellationToken callers)
    {
        _host = host;
        _source = CancellationTokenSource.CreateLinkedTokenSource(callers);
        // Between steps Ask is called; the timer is for passes that take long.
        _timer = new Timer(_ => Ask(), null, AskedEvery, AskedEvery);
    }

    /// <summary>Is cancelled when the fit shall stop.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Asks the host.</summary>
    public void Ask()
    {
        lock (_gate)
            if (!_isDisposed && _host is ICancelable { IsCanceled: true })
                _source.Cancel();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
            _isDisposed = true;
        _timer.Dispose();
        _source.Dispose();
    }
}
