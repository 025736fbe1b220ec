using System.Globalization;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>Tells ML.NET's log and progress channels, and the caller's own listener, where a fit stands.</summary>
internal sealed class FitProgress : IProgress<TrainingProgress>, IDisposable
{
    private readonly IChannel _channel;
    private readonly IProgressChannel _progress;
    private readonly IProgress<TrainingProgress>? _listener;
    private readonly IHost _host;
    private readonly CancellationTokenSource _cancelled = new();
    private CancellationTokenRegistration _registration;
    private TrainingProgress? _last;

    public FitProgress(IHost host, IChannel channel, IProgress<TrainingProgress>? listener)
    {
        (_host, _channel, _listener) = (host, channel, listener);
        _progress = host.StartProgressChannel("EvaLora");
        _progress.SetHeader(new ProgressHeader(["loss", "rows/s"], ["steps", "epochs"]), Fill);
    }

    /// <summary>A message for ML.NET's log.</summary>
    public void Info(string message) => _channel.Info(MessageSensitivity.None, "{0}", message);

    /// <summary>A warning for ML.NET's log.</summary>
    public void Warning(string message) => _channel.Warning(MessageSensitivity.None, "{0}", message);

    /// <summary>
    /// A copy of the options whose token is also cancelled when <c>MLContext.CancelExecution</c> is called, which is noticed at the
    /// next report. Valid as long as this object; to be called once.
    /// </summary>
    public TrainingOptions Cancelling(TrainingOptions options)
    {
        var copy = options.Clone();
        _registration = options.CancellationToken.Register(_cancelled.Cancel);
        copy.CancellationToken = _cancelled.Token;
        return copy;
    }

    /// <inheritdoc/>
    public void Report(TrainingProgress value)
    {
        var isEpochDone = value.Phase == TrainingPhase.Validation && value.ValidationMetric is not null && value.Epoch != _last?.Epoch;
        _last = value;
        _listener?.Report(value);
        if (((ICancelable)_host).IsCanceled) // asked after the listener, who may be the one that cancels
            _cancelled.Cancel();
        if (isEpochDone)
            Info(string.Create(CultureInfo.InvariantCulture, $"Epoch {value.Epoch} of {value.Epochs}: {value.MetricName} {value.ValidationMetric:f4} on the validation rows."));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _registration.Dispose();
        _cancelled.Dispose();
        _progress.Dispose();
    }

    private void Fill(IProgressEntry entry)
    {
        if (_last is not { } last)
            return;
        entry.SetProgress(0, last.Step, last.Steps);
        entry.SetProgress(1, last.Epoch, last.Epochs);
        if (last.Loss is { } loss)
            entry.SetMetric(0, loss);
        if (last.RowsPerSecond is { } speed)
            entry.SetMetric(1, speed);
    }
}
