using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Training;

/// <summary>
/// All trained weights side by side in one tensor, their gradients in another. Each weight becomes a view into the first and
/// accumulates its gradient in the second, so that clearing, clipping, updating, copying and saving hundreds of weights
/// are single operations. Disposing gives every weight a tensor of its own again.
/// </summary>
internal sealed class FlatParameters : IDisposable
{
    /// <summary>Weights start at multiples of this many entries: a cache line, and what a GPU's wide loads want.</summary>
    private const long Alignment = 16;

    private readonly IReadOnlyList<Weight> _weights;

    /// <summary>Moves the groups' weights together and makes them trainable.</summary>
    public FlatParameters(IReadOnlyList<ParameterGroup> groups)
    {
        Groups = groups;
        _weights = [.. groups.SelectMany(group => group.Weights)];
        Check(_weights);
        var starts = new long[groups.Count + 1];
        for (var i = 0; i < groups.Count; i++)
            starts[i + 1] = starts[i] + groups[i].Weights.Sum(weight => Aligned(weight.Value.numel()));
        GroupStarts = starts;
        var device = _weights[0].Value.device;
        Values = zeros(starts[^1], dtype: float32, device: device).DetachFromDisposeScope();
        Gradients = zeros(starts[^1], dtype: float32, device: device).DetachFromDisposeScope();
        using var _ = no_grad();
        long start = 0;
        foreach (var weight in _weights)
        {
            Place(weight, start);
            start += Aligned(weight.Value.numel());
        }
    }

    /// <summary>What was given.</summary>
    public IReadOnlyList<ParameterGroup> Groups { get; }

    /// <summary>The first entry of every group, then the number of entries.</summary>
    public IReadOnlyList<long> GroupStarts { get; }

    /// <summary>The weights [entries].</summary>
    public Tensor Values { get; }

    /// <summary>Their gradients [entries].</summary>
    public Tensor Gradients { get; }

    /// <summary>Number of trained parameters, alignment gaps not counted.</summary>
    public long Count => _weights.Sum(weight => weight.Value.numel());

    /// <summary>Clears the gradients.</summary>
    public void ZeroGradients() => Gradients.zero_();

    /// <summary>
    /// Scales the gradients down where their norm exceeds <paramref name="maxNorm"/> and returns the norm before, a scalar still
    /// on the device: nothing waits for it.
    /// </summary>
    public Tensor ClipGradients(double maxNorm)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var norm = Gradients.norm();
        if (double.IsFinite(maxNorm))
            Gradients.mul_(norm.Plus(1e-6).reciprocal().Times(maxNorm).clamp(max: Scalars.Of(1)));
        return norm.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        using (no_grad())
            foreach (var weight in _weights)
            {
                using var scope = NewDisposeScope();
                weight.Value.grad = null;
                weight.Replace(weight.Value.detach().clone().requires_grad_(true));
            }
        Values.Dispose();
        Gradients.Dispose();
    }

    private void Place(Weight weight, long start)
    {
        using var scope = NewDisposeScope();
        var shape = weight.Value.shape;
        var view = Values.narrow(0, start, weight.Value.numel()).view(shape);
        view.copy_(weight.Value);
        weight.Replace(view.requires_grad_(true));
        // autograd adds to a gradient that is already there, in place
        weight.Value.grad = Gradients.narrow(0, start, weight.Value.numel()).view(shape);
    }

    private static long Aligned(long count) => (count + Alignment - 1) / Alignment * Alignment;

    private static void Check(IReadOnlyList<Weight> weights)
    {
        if (weights.Count == 0)
            throw new ArgumentException("There is nothing to train: no group has a weight.");
        if (weights.Distinct().Count() != weights.Count)
            throw new ArgumentException("A weight is in more than one group.");
        if (weights.FirstOrDefault(weight => weight.Value.dtype != float32) is { } other)
            throw new ArgumentException($"'{other.Name}' is {other.Value.dtype}; only float32 weights can be trained.");
    }
}
