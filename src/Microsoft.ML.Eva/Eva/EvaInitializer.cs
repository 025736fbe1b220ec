using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Eva;

/// <summary>Turns a warm-up's components into alphas and each layer's A.</summary>
internal sealed class EvaInitializer(EvaOptions options, int seed, bool isRankStabilized)
{
    /// <summary>The result, with tensors of its own; passes and convergence are the caller's to add.</summary>
    /// <param name="plan">The layers with the ranks and alphas they started with.</param>
    /// <param name="ranks">Each planned layer's new rank.</param>
    /// <param name="groups">The components, per input.</param>
    public EvaResult Create(AdapterPlan plan, IReadOnlyList<int> ranks, IReadOnlyList<GroupFindings> groups)
    {
        using var scope = NewDisposeScope();
        using var gradient = no_grad();
        var layers = new PlannedLayer[plan.Layers.Count];
        var spectra = new LayerSpectrum[layers.Length];
        var components = new Dictionary<AdaptableLayer, Tensor>();
        foreach (var group in groups)
        {
            var isStable = group.Convergence.IsStable(group.Members.Max(member => ranks[member]));
            foreach (var member in group.Members)
            {
                var (planned, rank) = (plan.Layers[member], ranks[member]);
                layers[member] = planned with { Rank = rank, Alpha = Alpha(planned, rank) };
                spectra[member] = Spectrum(planned, rank, plan.Layers[group.Members[0]].Layer.Name, group, isStable);
                if (rank > 0)
                    components.Add(planned.Layer, Start(planned, rank, group.Components));
            }
        }
        foreach (var tensor in components.Values)
            tensor.DetachFromDisposeScope();
        return new EvaResult
        {
            Plan = plan with { Layers = [.. layers.Where(layer => layer.Rank > 0)] },
            Components = components,
            Layers = spectra,
            Passes = [],
            HasConverged = false,
        };
    }

    private double Alpha(PlannedLayer planned, int rank)
    {
        var change = (double)rank / planned.Rank;
        return options.AlphaAdjustment switch
        {
            EvaAlphaAdjustment.None => planned.Alpha,
            EvaAlphaAdjustment.PreserveScaling when isRankStabilized => planned.Alpha * Math.Sqrt(change),
            _ => planned.Alpha * change,
        };
    }

    private static LayerSpectrum Spectrum(PlannedLayer planned, int rank, string owner, GroupFindings group, bool isStable) => new()
    {
        Name = planned.Layer.Name,
        SharesInputWith = planned.Layer.Name == owner ? null : owner,
        InitialRank = planned.Rank,
        Rank = rank,
        SingularValues = group.Components.SingularValues,
        ExplainedVarianceRatio = group.Components.ExplainedVarianceRatio(),
        Updates = group.Updates,
        RowCount = group.Components.RowCount,
        HasConverged = isStable,
    };

    // A generator per layer, so that neither the order nor the number of layers changes what one of them gets.
    private Tensor Start(PlannedLayer planned, int rank, PrincipalComponents found)
    {
        var device = found.Components.device;
        using var generator = new Generator(Seed(planned.Layer.Name), device);
        var rows = Whitened(found.Components.narrow(0, 0, rank).to(float64), rank, found);
        rows = Ablated(rows, generator).to(float32);
        var kept = options.Ablation == EvaAblation.RandomDirections ? 0 : Math.Min(rank, options.KeptComponents ?? rank);
        if (kept == rank)
            return rows.clone();
        var bound = 1 / Math.Sqrt(rows.shape[1]);
        var random = rand(rank - kept, rows.shape[1], dtype: float32, device: device, generator: generator).Times(2 * bound).Minus(bound);
        return cat([rows.narrow(0, 0, kept), random]);
    }

    private Tensor Whitened(Tensor rows, int rank, PrincipalComponents found)
    {
        var singularValues = found.SingularValues.Take(rank);
        var factors = options.Whitening switch
        {
            EvaWhitening.RootOfSingularValue => singularValues.Select(value => Inverse(Math.Sqrt(value))),
            EvaWhitening.UnitVariance => singularValues.Select(value => Inverse(value / Math.Sqrt(Math.Max(1, found.RowCount - 1)))),
            EvaWhitening.RootOfRatio => found.ExplainedVarianceRatio().Take(rank).Select(ratio => Inverse(Math.Sqrt(ratio))),
            _ => null,
        };
        return factors is null ? rows : rows * tensor(factors.ToArray(), dtype: float64, device: rows.device).unsqueeze(1);
    }

    // A component without variance has nothing to be scaled to: it keeps length 1.
    private static double Inverse(double value) => value > 0 ? 1 / value : 1;

    private Tensor Ablated(Tensor rows, Generator generator)
    {
        switch (options.Ablation)
        {
            case EvaAblation.Permuted:
                return rows.gather(0, rand(rows.shape, dtype: float64, device: rows.device, generator: generator).argsort(0));
            case EvaAblation.Rotated:
                // The Q of a Gaussian matrix is uniform over rotations once R's diagonal is made positive.
                var (q, r) = linalg.qr(randn(rows.shape[0], rows.shape[0], dtype: float64, device: rows.device, generator: generator));
                return (q * r.diagonal().sign()).matmul(rows);
            default:
                return rows;
        }
    }

    // FNV-1a, since string.GetHashCode differs from process to process.
    private ulong Seed(string name)
    {
        var hash = 14695981039346656037UL ^ (uint)seed;
        foreach (var character in name)
            hash = (hash ^ character) * 1099511628211UL;
        return hash >> 1;
    }
}
