using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Eva;

/// <summary>Seam of the solvers: principal components of rows that arrive in mini-batches.</summary>
internal abstract class RunningDecomposition : IDisposable
{
    /// <summary>Takes in [n, features] floating-point rows and brings <see cref="Current"/> up to date.</summary>
    public abstract void Add(Tensor rows);

    /// <summary>Brings <see cref="Current"/> to the solver's full accuracy, where <see cref="Add"/> was content with less.</summary>
    public virtual void Refine()
    {
    }

    /// <summary>The components of all rows so far, replaced and disposed by the next <see cref="Add"/>; null before the first.</summary>
    public abstract PrincipalComponents? Current { get; }

    /// <inheritdoc/>
    public abstract void Dispose();
}
