using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Eva;

namespace Microsoft.ML.Eva.Tests.Eva;

/// <summary>One warm-up serves many adapters.</summary>
public sealed class EvaFindingsTests
{
    private static readonly (int Rank, double Rho)[] Settings = [(2, 1), (2, 2), (4, 1), (4, 1.5), (4, 2)];

    [Fact]
    public void Distribute_OneAdapter_EqualsItsOwnWarmUp()
    {
        using var backbone = new ToyBackbone();
        using var findings = Analyse(backbone, [(4, 2)]);
        using var own = EvaAnalysis.Run(backbone, ToyBatches.Plan(backbone, 4), Options(2), ToyBatches.Of(), seed: 1);
        using var shared = findings.Distribute(ToyBatches.Plan(backbone, 4), Options(2), seed: 1, isRankStabilized: false);

        Assert.Equal(own.Batches, shared.Batches);
        Assert.Equal(own.HasConverged, shared.HasConverged);
        Assert.Equal(own.Layers.Select(layer => layer.Rank), shared.Layers.Select(layer => layer.Rank));
        Assert.Equal(own.Plan.Layers.Select(layer => layer.Alpha), shared.Plan.Layers.Select(layer => layer.Alpha));
        foreach (var (layer, a) in own.Components)
            Assert.Equal(a.data<float>().ToArray(), shared.Components[layer].data<float>().ToArray());
    }

    [Fact]
    public void Distribute_SmallerAdapters_GetTheLeadingComponentsAndTheRanksTheseGive()
    {
        using var backbone = new ToyBackbone();
        using var findings = Analyse(backbone, Settings);
        using var largest = findings.Distribute(ToyBatches.Plan(backbone, 4), Options(2), seed: 1, isRankStabilized: false);
        foreach (var (rank, rho) in Settings)
        {
            var plan = ToyBatches.Plan(backbone, rank);
            using var result = findings.Distribute(plan, Options(rho), seed: 1, isRankStabilized: false);

            var limit = (int)Math.Round(rank * rho);
            Assert.Equal(rank * plan.Layers.Count, result.Layers.Sum(layer => layer.Rank));
            Assert.All(result.Layers, layer => Assert.InRange(layer.Rank, 0, limit));
            var expected = RankAllocator.Allocate([.. largest.Layers.Select(layer => layer.ExplainedVarianceRatio.Take(limit).ToArray())], rank * plan.Layers.Count);
            Assert.Equal(expected, result.Layers.Select(layer => layer.Rank));
            foreach (var (layer, a) in result.Components)
                if (largest.Components.TryGetValue(layer, out var all))
                {
                    var common = Math.Min(a.shape[0], all.shape[0]);
                    Assert.Equal(all.narrow(0, 0, common).data<float>().ToArray(), a.narrow(0, 0, common).data<float>().ToArray());
                }
        }
    }

    [Fact]
    public void Distribute_EveryAdapter_ExplainsAsMuchVarianceAsAfterItsOwnWarmUp()
    {
        using var backbone = new ToyBackbone();
        using var findings = Analyse(backbone, Settings);
        foreach (var (rank, rho) in Settings)
        {
            using var own = EvaAnalysis.Run(backbone, ToyBatches.Plan(backbone, rank), Options(rho), ToyBatches.Of(), seed: 1);
            using var shared = findings.Distribute(ToyBatches.Plan(backbone, rank), Options(rho), seed: 1, isRankStabilized: false);

            Assert.Equal(1, Explained(shared) / Explained(own), 0.02);
        }

        static double Explained(EvaResult result) => result.Layers.Sum(layer => layer.ExplainedVarianceRatio.Take(layer.Rank).Sum());
    }

    [Fact]
    public void Analyse_SeveralAdapters_GoesOnUntilTheComponentsOfAllAreStable()
    {
        using var backbone = new ToyBackbone();
        using var findings = Analyse(backbone, Settings);
        Assert.All(Settings, setting =>
        {
            using var result = findings.Distribute(ToyBatches.Plan(backbone, setting.Rank), Options(setting.Rho), seed: 1, isRankStabilized: false);
            Assert.All(result.Layers, layer => Assert.True(layer.HasConverged, $"{setting}: {layer.Name}"));
        });
    }

    [Fact]
    public void Distribute_OptionsOfTheStart_AreTheAdaptersOwn()
    {
        using var backbone = new ToyBackbone();
        using var findings = Analyse(backbone, [(4, 2)]);
        var options = Options(2);
        (options.Whitening, options.RedistributesRanks, options.AlphaAdjustment) = (EvaWhitening.UnitVariance, false, EvaAlphaAdjustment.None);
        using var result = findings.Distribute(ToyBatches.Plan(backbone, 3), options, seed: 1, isRankStabilized: false);
        using var own = EvaAnalysis.Run(backbone, ToyBatches.Plan(backbone, 3), options, ToyBatches.Of(), seed: 1);

        Assert.All(result.Layers, layer => Assert.Equal(3, layer.Rank));
        Assert.All(result.Plan.Layers, layer => Assert.Equal(8, layer.Alpha));
        foreach (var (layer, a) in own.Components)
            Assert.Equal(a.norm(1).shape, result.Components[layer].norm(1).shape);
        Assert.Contains(result.Components.Values, a => Math.Abs(a[0].norm().item<float>() - 1) > 1e-3);
    }

    [Fact]
    public void Distribute_MoreComponentsThanThereAre_Throws()
    {
        using var backbone = new ToyBackbone();
        using var findings = Analyse(backbone, [(2, 1)]);
        var error = Assert.Throws<ArgumentException>(() => findings.Distribute(ToyBatches.Plan(backbone, 4), Options(2), seed: 1, isRankStabilized: false));
        Assert.Contains("8 components are asked for, but 2 were computed", error.Message);
    }

    [Fact]
    public void Distribute_OtherLayers_Throws()
    {
        using var backbone = new ToyBackbone();
        using var findings = Analyse(backbone, [(2, 1)]);
        var plan = ToyBatches.Plan(backbone, 2);
        Assert.Contains("not those that the warm-up analysed", Assert.Throws<ArgumentException>(() => findings.Distribute(new AdapterPlan([.. plan.Layers.Skip(1)]), Options(1), 1, false)).Message);
    }

    private static EvaOptions Options(double rho) => new() { Rho = rho };

    private static EvaFindings Analyse(ToyBackbone backbone, (int Rank, double Rho)[] settings) =>
        new EvaAnalysis(Options(2), seed: 1).Analyse(backbone, [.. settings.Select(setting => (ToyBatches.Plan(backbone, setting.Rank), Options(setting.Rho)))], ToyBatches.Of());
}
