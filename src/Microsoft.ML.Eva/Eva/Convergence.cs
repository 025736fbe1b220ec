using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Eva;

/// <summary>Compares successive components with tau and remembers which are stable.</summary>
internal sealed class Convergence(EvaConvergenceMeasure measure, double tau, double requiredFraction)
{
    // Below this part of the largest singular value a direction is float32 rounding noise and never becomes stable.
    private const double NoiseLevel = 1e-6;

    private double[] _similarities = [];

    /// <summary>Similarity of each component with its value one update earlier; empty before the second update.</summary>
    public IReadOnlyList<double> Similarities => _similarities;

    /// <summary>Takes note of an update from <paramref name="before"/> to <paramref name="now"/> [k, features].</summary>
    public void Update(PrincipalComponents before, PrincipalComponents now)
    {
        using var scope = NewDisposeScope();
        var (old, current) = (before.Components.to(float64), now.Components.to(float64));
        var similarities = measure switch
        {
            EvaConvergenceMeasure.Subspace => current.matmul(old.t()).norm(1, keepdim: false),
            EvaConvergenceMeasure.SignedCosine => (current * old).sum(1),
            _ => (current * old).sum(1).abs(),
        };
        _similarities = similarities.cpu().data<double>().ToArray();
        for (var i = 0; i < _similarities.Length; i++)
            if (now.SingularValues[i] <= NoiseLevel * now.SingularValues[0])
                _similarities[i] = 1;
    }

    /// <summary>Whether enough of the first <paramref name="rank"/> components are stable. True for none.</summary>
    public bool IsStable(int rank) => rank == 0 ||
        (_similarities.Length > 0 && _similarities.Take(rank).Count(similarity => similarity >= tau) >= requiredFraction * rank);
}
