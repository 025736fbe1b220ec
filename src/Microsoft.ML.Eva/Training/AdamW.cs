using Microsoft.ML.Eva.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Training;

/// <summary>
/// Adam with decoupled weight decay (arXiv 1711.05101), operation by operation as torch computes it:
/// w ← w − η·λ·w, then w ← w − η/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε), with m and v the running means of g and g².
/// </summary>
internal sealed class AdamW : IDisposable
{
    // Entries that a CPU updates at once: what the formula's operations read and write of them stays in its cache (docs/performance.md).
    private const long EntriesPerBlock = 262_144;

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
        var block = _parameters.Values.device.type == DeviceType.CPU ? EntriesPerBlock : _parameters.GroupStarts[^1];
        foreach (var (group, first, end) in _parameters.Groups.Zip(_parameters.GroupStarts, _parameters.GroupStarts.Skip(1)))
            for (var start = first; start < end; start += block)
                Update(start, Math.Min(block, end - start), learningRate * group.LearningRateFactor, group.WeightDecay);
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

        Scalar kept = Scalars.Of(1 - learningRate * decay), kept2 = Scalars.Of(beta2), added2 = Scalars.Of(1 - beta2);
        Scalar correction = Scalars.Of(Math.Sqrt(1 - Math.Pow(beta2, StepCount))), smallest = Scalars.Of(epsilon);
        Scalar rate = Scalars.Of(-learningRate / (1 - Math.Pow(beta1, StepCount)));

        if (decay != 0)
            weights.mul_(kept);
        first.lerp_(gradients, 1 - beta1);
        second.mul_(kept2).addcmul_(gradients, gradients, added2);
        var denominator = second.sqrt().div_(correction).add_(smallest, Scalars.One);
        weights.addcdiv_(first, denominator, rate);
    }
}
