using Microsoft.ML.Eva.Reporting.TensorBoard;

namespace Microsoft.ML.Eva;

/// <summary>
/// Writes a training run's loss, learning rate and validation metric as TensorBoard events while it trains. Give it to
/// <see cref="TrainingOptions.Progress"/> and start <c>tensorboard --logdir</c> on the folder above.
/// </summary>
/// <remarks>
/// Series: <c>train/loss</c>, <c>train/learning_rate</c> and <c>train/rows_per_second</c> per step, <c>validation/</c> and the
/// metric's name per epoch, at the number of the step. <see cref="TrainingReport.WriteTensorBoard"/> writes more of them afterwards.
/// One run at a time; dispose it after the fit.
/// </remarks>
public sealed class TensorBoardProgress : IProgress<TrainingProgress>, IDisposable
{
    private static readonly TimeSpan BetweenFlushes = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly IProgress<TrainingProgress>? _next;
    private readonly EventFile _file;
    private long _lastFlush = Environment.TickCount64;
    private (TrainingPhase Phase, int Step) _last;
    private bool _isDisposed;

    /// <summary>Begins a file of events.</summary>
    /// <param name="folder">The run's folder; made if it is not there. TensorBoard shows it under its name.</param>
    /// <param name="next">Who else is told of the progress; null for nobody.</param>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public TensorBoardProgress(string folder, IProgress<TrainingProgress>? next = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        (_file, _next) = (EventFile.Create(folder), next);
    }

    /// <summary>Writes what is new in <paramref name="value"/> and tells the next listener.</summary>
    public void Report(TrainingProgress value)
    {
        ArgumentNullException.ThrowIfNull(value);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            Write(value);
            _last = (value.Phase, value.Step);
            if (value.Phase == TrainingPhase.Validation || Environment.TickCount64 - _lastFlush > BetweenFlushes.TotalMilliseconds)
            {
                _file.Flush();
                _lastFlush = Environment.TickCount64;
            }
        }
        _next?.Report(value);
    }

    /// <summary>Ends the file.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _file.Dispose();
        }
    }

    private void Write(TrainingProgress value)
    {
        if (value.Phase == TrainingPhase.Training)
        {
            Add(ReportEvents.Loss, value.Step, value.Loss);
            Add(ReportEvents.LearningRate, value.Step, value.LearningRate);
            Add("train/rows_per_second", value.Step, value.RowsPerSecond);
        }
        // Validation is told of when it begins, still with the epoch before's metric, and when it has ended.
        else if (value.Phase == TrainingPhase.Validation && _last == (value.Phase, value.Step))
        {
            Add(ReportEvents.Metric(value.MetricName), value.Step, value.ValidationMetric);
        }
    }

    private void Add(string tag, int step, double? value)
    {
        if (value is { } number && double.IsFinite(number))
            _file.Add(tag, step, number);
    }
}
