using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Training;

/// <summary>
/// Loss and gradient norm of every step. On a GPU they are read only now and then, because reading makes the processor wait
/// until all work before is done; on the CPU at once.
/// </summary>
internal sealed class StepLog(Device device) : IDisposable
{
    private const int StepsPerReading = 16;

    private readonly int _stepsPerReading = device.type == TorchSharp.DeviceType.CPU ? 1 : StepsPerReading;
    private readonly List<Tensor> _pending = [];
    private readonly List<float> _losses = [];
    private readonly List<float> _gradientNorms = [];

    /// <summary>The losses read so far.</summary>
    public IReadOnlyList<float> Losses => _losses;

    /// <summary>The gradient norms read so far.</summary>
    public IReadOnlyList<float> GradientNorms => _gradientNorms;

    /// <summary>Whether everything recorded has been read.</summary>
    public bool IsUpToDate => _pending.Count == 0;

    /// <summary>Takes over what was read in an earlier run.</summary>
    public void Restore(IEnumerable<float> losses, IEnumerable<float> gradientNorms)
    {
        _losses.AddRange(losses);
        _gradientNorms.AddRange(gradientNorms);
    }

    /// <summary>Notes a step's two scalars, of which it keeps copies.</summary>
    /// <exception cref="ArgumentException">A loss or norm is not finite: training has diverged.</exception>
    public void Record(Tensor loss, Tensor gradientNorm)
    {
        using (no_grad())
            _pending.Add(stack([loss.detach(), gradientNorm]).DetachFromDisposeScope());
        if (_pending.Count >= _stepsPerReading)
            Read();
    }

    /// <summary>Reads what is pending.</summary>
    /// <exception cref="ArgumentException">A loss or norm is not finite: training has diverged.</exception>
    public void Read()
    {
        if (_pending.Count == 0)
            return;
        using var scope = NewDisposeScope();
        var values = stack(_pending).cpu().data<float>().ToArray();
        DropPending();
        for (var i = 0; i < values.Length; i += 2)
        {
            if (!float.IsFinite(values[i]) || !float.IsFinite(values[i + 1]))
                throw Diverged(values[i], values[i + 1]);
            _losses.Add(values[i]);
            _gradientNorms.Add(values[i + 1]);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => DropPending();

    private ArgumentException Diverged(float loss, float norm) => new(
        $"Training diverged in step {_losses.Count + 1}: the loss is {loss} and the gradient's norm {norm}"
        + $"{(_losses.Count > 0 ? $", after a loss of {_losses[^1]:g4}" : "")}. "
        + $"Lower {nameof(TrainingOptions)}.{nameof(TrainingOptions.LearningRate)} or {nameof(TrainingOptions.MaxGradientNorm)}, or raise {nameof(TrainingOptions.WarmupFraction)}; "
        + "if it happens in the first steps whatever the rate, look for labels or checkpoint weights that are not finite.");

    private void DropPending()
    {
        foreach (var tensor in _pending)
            tensor.Dispose();
        _pending.Clear();
    }
}
