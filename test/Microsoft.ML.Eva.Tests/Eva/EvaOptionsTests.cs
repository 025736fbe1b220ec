using Microsoft.ML.Eva.Eva;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Eva;

/// <summary>What each option changes, on the toy network.</summary>
public class EvaOptionsTests
{
    private static EvaResult Run(EvaOptions options, bool isRankStabilized = false, int seed = 1)
    {
        using var backbone = new ToyBackbone();
        options.MinBatches = options.MaxBatches = 4;
        return new EvaAnalysis(options, seed) { IsRankStabilized = isRankStabilized }.Run(backbone, ToyBatches.Plan(backbone), ToyBatches.Of());
    }

    private static void ForEach(EvaResult plain, EvaResult other, Action<Tensor, Tensor, LayerSpectrum> check)
    {
        using var scope = NewDisposeScope();
        foreach (var (layer, a) in plain.Components)
            check(a, other.Components.Single(c => c.Key.Name == layer.Name).Value, plain.Layers.Single(spectrum => spectrum.Name == layer.Name));
    }

    [Theory]
    [InlineData(EvaWhitening.RootOfSingularValue)]
    [InlineData(EvaWhitening.UnitVariance)]
    [InlineData(EvaWhitening.RootOfRatio)]
    public void Whitening_ScalesRowsByItsDefinition(EvaWhitening whitening)
    {
        using var plain = Run(new EvaOptions());
        using var white = Run(new EvaOptions { Whitening = whitening });
        ForEach(plain, white, (a, scaled, spectrum) =>
        {
            var factors = spectrum.SingularValues.Zip(spectrum.ExplainedVarianceRatio).Take((int)a.shape[0]).Select(component => whitening switch
            {
                EvaWhitening.RootOfSingularValue => 1 / Math.Sqrt(component.First),
                EvaWhitening.UnitVariance => Math.Sqrt(spectrum.RowCount - 1) / component.First,
                _ => 1 / Math.Sqrt(component.Second),
            });
            Fixture.AssertClose(a.to(float64) * tensor(factors.ToArray()).unsqueeze(1), scaled, 1e-4, spectrum.Name);
        });
    }

    [Theory]
    [InlineData(EvaAlphaAdjustment.PreserveScaling, false, 1)]
    [InlineData(EvaAlphaAdjustment.PreserveScaling, true, 0.5)]
    [InlineData(EvaAlphaAdjustment.Proportional, true, 1)]
    [InlineData(EvaAlphaAdjustment.None, false, 0)]
    public void AlphaAdjustment_ChangesAlphaByPowerOfRank(EvaAlphaAdjustment adjustment, bool isRankStabilized, double power)
    {
        using var result = Run(new EvaOptions { AlphaAdjustment = adjustment }, isRankStabilized);
        Assert.Contains(result.Plan.Layers, planned => planned.Rank != 4);
        Assert.All(result.Plan.Layers, planned => Assert.Equal(8 * Math.Pow(planned.Rank / 4.0, power), planned.Alpha, 9));
    }

    [Fact]
    public void RedistributesRanks_Off_KeepsEveryRank()
    {
        using var result = Run(new EvaOptions { RedistributesRanks = false });
        Assert.All(result.Layers, layer => Assert.Equal(4, layer.Rank));
    }

    [Fact]
    public void MinimumRank_KeepsThatMuchWithinBudget()
    {
        using var result = Run(new EvaOptions { MinimumRank = 3, Rho = 4 });
        Assert.All(result.Layers, layer => Assert.True(layer.Rank >= 3));
        Assert.Equal(48, result.Layers.Sum(layer => layer.Rank));
    }

    [Fact]
    public void KeptComponents_Two_DrawsTheOtherRows()
    {
        using var plain = Run(new EvaOptions());
        using var mixed = Run(new EvaOptions { KeptComponents = 2 });
        using var again = Run(new EvaOptions { KeptComponents = 2 });
        using var otherSeed = Run(new EvaOptions { KeptComponents = 2 }, seed: 2);
        ForEach(plain, mixed, (a, b, spectrum) =>
        {
            var kept = (int)Math.Min(2, a.shape[0]);
            Fixture.AssertClose(a[..kept], b[..kept], 0, spectrum.Name);
            if (a.shape[0] > kept)
                Assert.True(b[kept..].abs().max().item<float>() <= 1 / Math.Sqrt(a.shape[1]));
        });
        ForEach(mixed, again, (a, b, spectrum) => Fixture.AssertClose(a, b, 0, spectrum.Name));
        Assert.Contains(mixed.Components, c => c.Value.shape[0] > 2 && !c.Value.allclose(otherSeed.Components.Single(o => o.Key.Name == c.Key.Name).Value));
    }

    [Fact]
    public void Ablation_Rotated_KeepsSpanAndLosesAxes()
    {
        using var plain = Run(new EvaOptions());
        using var rotated = Run(new EvaOptions { Ablation = EvaAblation.Rotated });
        ForEach(plain, rotated, (a, b, spectrum) =>
        {
            Fixture.AssertClose(a.t().matmul(a), b.t().matmul(b), 1e-5, spectrum.Name);
            if (a.shape[0] > 2)
                Assert.False(a.allclose(b, atol: 1e-2));
        });
    }

    [Fact]
    public void Ablation_Permuted_KeepsWhatIsInEveryColumn()
    {
        using var plain = Run(new EvaOptions());
        using var permuted = Run(new EvaOptions { Ablation = EvaAblation.Permuted });
        ForEach(plain, permuted, (a, b, spectrum) =>
        {
            Fixture.AssertClose(a.sort(0).Values, b.sort(0).Values, 0, spectrum.Name);
            if (a.shape[0] < 3)
                return;
            Assert.False(a.allclose(b, atol: 1e-2));
            Assert.True(cdist(b, a).min().item<float>() > 1e-2, "a whole row is there still");
        });
    }

    [Fact]
    public void Ablation_RandomDirections_KeepsRanksOnly()
    {
        using var plain = Run(new EvaOptions());
        using var random = Run(new EvaOptions { Ablation = EvaAblation.RandomDirections });
        ForEach(plain, random, (a, b, _) =>
        {
            Assert.Equal(a.shape, b.shape);
            Assert.True(b.abs().max().item<float>() <= 1 / Math.Sqrt(a.shape[1]));
        });
    }

    [Fact]
    public void ExcludedTokens_EverySecondId_AreNotCounted()
    {
        using var all = Run(new EvaOptions());
        using var some = Run(new EvaOptions { ExcludedTokens = [.. Enumerable.Range(1, 25)] });
        Assert.InRange(some.Layers[0].RowCount, 1, all.Layers[0].RowCount - 1);
    }

    [Fact]
    public void Rho_Infinite_LeavesWidthAsLimit()
    {
        using var result = Run(new EvaOptions { Rho = double.PositiveInfinity });
        Assert.Equal(24, result.Layers[0].SingularValues.Count);
        Assert.Equal(48, result.Layers.Sum(layer => layer.Rank));
    }

    [Fact]
    public void Run_IsotropicInputs_EndsWithoutConvergence()
    {
        using var backbone = new ToyBackbone(vocabulary: 5000);
        using var normal = new Generator(3);
        backbone.Embeddings.copy_(randn(backbone.Embeddings.shape, generator: normal));
        using var result = EvaAnalysis.Run(backbone, ToyBatches.Plan(backbone), new EvaOptions { MaxBatches = 5, Tau = 0.99999 }, ToyBatches.Of(vocabulary: 5000), 1);
        Assert.False(result.HasConverged);
        Assert.Equal(5, result.Batches);
        Assert.Throws<InvalidDataException>(() => EvaAnalysis.Run(backbone, ToyBatches.Plan(backbone), new EvaOptions { MaxBatches = 5, Tau = 0.99999, FailIfNotConverged = true }, ToyBatches.Of(vocabulary: 5000), 1));
    }

    [Theory]
    [InlineData(EvaSolver.Exact)]
    [InlineData(EvaSolver.Incremental)]
    [InlineData(EvaSolver.IncrementalLowRank)]
    public void Run_ConstantInputs_GivesOrthonormalRows(EvaSolver solver)
    {
        using var backbone = new ToyBackbone();
        backbone.Embeddings.fill_(0.5f);
        using var result = EvaAnalysis.Run(backbone, ToyBatches.Plan(backbone), new EvaOptions { Solver = solver }, ToyBatches.Of(), 1);
        Assert.Equal(48, result.Layers.Sum(layer => layer.Rank));
        Assert.True(result.HasConverged);
        Assert.All(result.Layers, layer => Assert.All(layer.ExplainedVarianceRatio, ratio => Assert.True(double.IsFinite(ratio))));
        foreach (var (layer, a) in result.Components)
            Fixture.AssertClose(eye(a.shape[0]), a.matmul(a.t()), 1e-4, layer.Name);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Run_InputsNotFinite_NamesLayerAndRestoresSeats(float value)
    {
        using var backbone = new ToyBackbone();
        backbone.Embeddings.fill_(value);
        var message = Assert.Throws<InvalidDataException>(() => EvaAnalysis.Run(backbone, ToyBatches.Plan(backbone), new EvaOptions(), ToyBatches.Of(), 1)).Message;
        Assert.Contains("'block.0.query'", message);
        Assert.All(backbone.AdaptableLayers, layer => Assert.Null(layer.Adapter));
    }

    [Fact]
    public void Run_NoBatches_SaysSo()
    {
        using var backbone = new ToyBackbone();
        Assert.Contains("no rows", Assert.Throws<ArgumentException>(() => EvaAnalysis.Run(backbone, ToyBatches.Plan(backbone), new EvaOptions(), () => [], 1)).Message);
    }

    [Fact]
    public void Run_TooFewTokensForComponents_NamesLayers()
    {
        using var backbone = new ToyBackbone();
        var options = new EvaOptions { JoinsShortBatches = false, MaxBatches = 3 };
        Assert.Contains("block.0.query (8 components)", Assert.Throws<ArgumentException>(() => EvaAnalysis.Run(backbone, ToyBatches.Plan(backbone), options, ToyBatches.Of(rows: 1, tokens: 4), 1)).Message);
        options.JoinsShortBatches = true;
        options.MaxBatches = 30;
        using var result = EvaAnalysis.Run(backbone, ToyBatches.Plan(backbone), options, ToyBatches.Of(rows: 1, tokens: 4), 1);
        Assert.Equal(48, result.Layers.Sum(layer => layer.Rank));
    }

    [Fact]
    public void Run_Cancelled_GivesBestEstimateOrThrows()
    {
        using var backbone = new ToyBackbone();
        using var result = EvaAnalysis.Run(backbone, ToyBatches.Plan(backbone), new EvaOptions(), ToyBatches.Of(), 1, new CancellationToken(canceled: true));
        Assert.Equal(1, result.Batches);
        Assert.False(result.HasConverged);
        Assert.Throws<OperationCanceledException>(() => EvaAnalysis.Run(backbone, ToyBatches.Plan(backbone), new EvaOptions(), ToyBatches.Of(rows: 1, tokens: 2), 1, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void FailIfLayerTooNarrow_NamesLayer()
    {
        using var backbone = new ToyBackbone(hidden: 6);
        var options = new EvaOptions { FailIfLayerTooNarrow = true };
        Assert.Contains("'block.0.query' has 6 input features", Assert.Throws<ArgumentException>(() => EvaAnalysis.Run(backbone, ToyBatches.Plan(backbone), options, ToyBatches.Of(), 1)).Message);
    }

    [Fact]
    public void Validate_EveryFault_IsNamed()
    {
        var validator = new OptionsValidator();
        new EvaOptions { Rho = 0.5, Tau = 2, BatchSize = 0, MaxBatches = 0, StableComponents = 0, StableLayers = 2, MinimumRank = -1, KeptComponents = -1, ExcludedTokens = [-1], Solver = (EvaSolver)9 }.Validate(validator);
        var message = Assert.Throws<ArgumentException>(() => validator.ThrowIfFaulty("options")).Message;
        Assert.All(["Rho", "Tau", "BatchSize", "MaxBatches", "StableComponents", "StableLayers", "MinimumRank", "KeptComponents", "ExcludedTokens", "Solver"], option => Assert.Contains(option, message));
    }
}
