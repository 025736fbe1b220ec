using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Training;

/// <summary>What training makes small.</summary>
internal abstract class TaskLoss : IDisposable
{
    /// <summary>What tells this loss from others, for the fingerprint of a run.</summary>
    public virtual string Description => GetType().Name;

    /// <summary>The mean over the batch's rows, a scalar with gradient. A fresh tensor.</summary>
    public abstract Tensor Compute(Tensor outputs, Batch batch);

    /// <summary>What the mean of <see cref="Compute"/> is divided by: parts of a batch count in proportion to theirs.</summary>
    public virtual double CountOf(Batch batch)
    {
        using var scope = NewDisposeScope();
        return batch.RowWeights is null ? batch.RowCount : batch.RowWeights.sum().to(ScalarType.Float64).item<double>();
    }

    /// <summary>Σ wᵢ·lᵢ / Σ wᵢ: the mean over rows that count differently, or the plain mean where the batch has no weights.</summary>
    protected static Tensor Mean(Tensor rowLosses, Tensor? rowWeights)
    {
        if (rowWeights is null)
            return rowLosses.mean();
        using var scope = NewDisposeScope();
        // a batch whose rows all weigh nothing has loss 0, not 0/0
        return ((rowLosses * rowWeights).sum() / rowWeights.sum().clamp_min(Scalars.Of(1e-12))).MoveToOuterDisposeScope();
    }

    /// <summary>Frees what belongs to the loss itself.</summary>
    public virtual void Dispose()
    {
    }
}
