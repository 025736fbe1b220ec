using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Training;

/// <summary>
/// Adam with decoupled weight decay (arXiv 1711.05101), operation by operation as torch computes it:
/// w ← w − η·λ·w, then w ← w − η/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε), with m and v the running means of g and g².
/// </summary>
internal sealed class AdamW : IDisposable
{
    // On the CPU the update goes over this many entries at a time, so that what one operation leaves is still in the cache for the
    // next: six operations over everything would each wait for memory. Entry by entry the numbers are the same.
    private const long EntriesInCache = 1 << 15;

    private readonly FlatParameters _parameters;
    private readonly AdamWConstants _constants;

    /// <summary>Starts with moments of zero.</summary>
    public AdamW(FlatParameters parameters, AdamWConstants constants)
    {
        (_parameters, _constants) = (parameters, constants);
        FirstMoment = zeros_like(parameters.Values).DetachFromDisposeScope();
        SecondMoment = zeros_like(parameters.Values).DetachFromDisposeScope();
    }

    /// <summary>The running mean of the gradients [entries].</summary>
    public Tensor FirstMoment { get; }

    /// <summary>The running mean of the squared gradients [entries].</summary>
    public Tensor SecondMoment { get; }

    /// <summary>Steps made so far.</summary>
    public int StepCount { get; set; }

    /// <summary>Moves the weights along the gradients.</summary>
    public void Step(double learningRate)
    {
        StepCount++;
        using var _ = no_grad();
        var most = _parameters.Values.device_type == TorchSharp.DeviceType.CPU ? EntriesInCache : long.MaxValue;
        for (var i = 0; i < _parameters.Groups.Count; i++)
        {
            var group = _parameters.Groups[i];
            var end = _parameters.GroupStarts[i + 1];
            for (var start = _parameters.GroupStarts[i]; start < end; start += Math.Min(most, end - start))
                Update(start, Math.Min(most, end - start), learningRate * group.LearningRateFactor, group.WeightDecay);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        FirstMoment.Dispose();
        SecondMoment.Dispose();
    }

    private void Update(long start, long length, double learningRate, double decay)
    {
        using var scope = NewDisposeScope();
        var weights = _parameters.Values.narrow(0, start, length);
        var gradients = _parameters.Gradients.narrow(0, start, length);
        var first = FirstMoment.narrow(0, start, length);
        var second = SecondMoment.narrow(0, start, length);
        var (beta1, beta2, epsilon) = _constants;

        if (decay != 0)
            weights.mul_(1 - learningRate * decay);
        first.lerp_(gradients, 1 - beta1);
        second.mul_(beta2).addcmul_(gradients, gradients, 1 - beta2);
        var denominator = second.sqrt().div_(Math.Sqrt(1 - Math.Pow(beta2, StepCount))).add_(epsilon);
        weights.addcdiv_(first, denominator, -learningRate / (1 - Math.Pow(beta1, StepCount)));
    }
}
