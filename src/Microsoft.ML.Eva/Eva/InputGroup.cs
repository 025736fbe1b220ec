using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Eva;

/// <summary>Layers with one and the same input, and the one decomposition they share.</summary>
internal sealed class InputGroup(IReadOnlyList<int> members, int componentCount, RunningDecomposition decomposition, Convergence convergence, bool joinsShortBatches) : IDisposable
{
    private readonly List<Tensor> _waiting = [];

    /// <summary>Places of the layers in the plan, in order; the first one's input is observed.</summary>
    public IReadOnlyList<int> Members { get; } = members;

    /// <summary>Number of components computed.</summary>
    public int ComponentCount { get; } = componentCount;

    /// <summary>The components of the rows so far, or null.</summary>
    public PrincipalComponents? Components => decomposition.Current;

    /// <summary>Similarity of each component with its value one update earlier.</summary>
    public IReadOnlyList<double> Similarities => convergence.Similarities;

    /// <summary>How often the decomposition was brought up to date.</summary>
    public int Updates { get; private set; }

    /// <summary>Whether the group has left the analysis for good (only without re-attachment).</summary>
    public bool IsClosed { get; set; }

    /// <summary>Whether the first <paramref name="rank"/> components are stable.</summary>
    public bool IsStable(int rank) => convergence.IsStable(rank);

    /// <summary>What is known at the end, in tensors of its own.</summary>
    public GroupFindings Conclude() => new(Members, Components!.Copy(), Updates, IsClosed, convergence);

    /// <summary>Takes in [n, features] rows; false if there were too few to bring the decomposition up to date.</summary>
    public bool Add(Tensor rows)
    {
        using var scope = NewDisposeScope();
        if (_waiting.Sum(waiting => waiting.shape[0]) + rows.shape[0] < ComponentCount)
        {
            if (joinsShortBatches)
                _waiting.Add(rows.clone().DetachFromDisposeScope());
            return false;
        }
        var joined = _waiting.Count == 0 ? rows : cat([.. _waiting, rows]);
        DropWaiting();
        Update(joined);
        return true;
    }

    /// <summary>Brings the components to the solver's full accuracy.</summary>
    public void Refine() => decomposition.Refine();

    /// <inheritdoc/>
    public void Dispose()
    {
        DropWaiting();
        decomposition.Dispose();
    }

    private void Update(Tensor rows)
    {
        using var before = decomposition.Current?.Copy();
        decomposition.Add(rows);
        Updates++;
        if (before is not null)
            convergence.Update(before, decomposition.Current!);
    }

    private void DropWaiting()
    {
        foreach (var waiting in _waiting)
            waiting.Dispose();
        _waiting.Clear();
    }
}
