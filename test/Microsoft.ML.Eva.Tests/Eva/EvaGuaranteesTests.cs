using CsCheck;
using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Eva;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Eva;

/// <summary>What holds for any network, data and options.</summary>
public class EvaGuaranteesTests
{
    private sealed record Setting(int Seed, int Hidden, int Blocks, int Rank, double Rho, int Rows, int Tokens, EvaSolver Solver, bool Centered)
    {
        public EvaOptions Options => new() { Rho = Rho, Solver = Solver, Centered = Centered, MaxBatches = 6 };

        public ToyBackbone Backbone(double scale = 1) => new(Seed, Hidden, blocks: Blocks, scale: scale);

        public Func<IEnumerable<Batch>> Batches(int padding = 0) => ToyBatches.Of(Seed, 5, Rows, Tokens, padding: padding);
    }

    // At least 4 rows: six mini-batches must have as many tokens as the largest number of components, 18; fewer are refused.
    private static readonly Gen<Setting> Settings =
        Gen.Select(Gen.Int[1, 1000], Gen.Int[6, 40], Gen.Int[1, 2], Gen.Int[1, 5], Gen.Double[1, 3.5])
            .SelectMany(first => Gen.Select(Gen.Int[4, 8], Gen.Int[3, 9], Gen.Enum<EvaSolver>(), Gen.Bool), (first, second) =>
                new Setting(first.Item1, first.Item2, first.Item3, first.Item4, first.Item5, second.Item1, second.Item2, second.Item3, second.Item4));

    private static void Check(Action<Setting> guarantee) => Settings.Sample(guarantee, iter: 12, threads: 1);

    private static EvaResult Run(Setting setting, ToyBackbone backbone, EvaOptions? options = null, AdapterPlan? plan = null, Func<IEnumerable<Batch>>? batches = null) =>
        EvaAnalysis.Run(backbone, plan ?? ToyBatches.Plan(backbone, setting.Rank), options ?? setting.Options, batches ?? setting.Batches(), seed: 5);

    [Fact]
    public void Run_Always_EndsAndSpendsBudgetWithinLimits() => Check(setting =>
    {
        using var backbone = setting.Backbone();
        using var result = Run(setting, backbone);
        var limit = Math.Round(setting.Rank * setting.Rho);
        var limits = backbone.AdaptableLayers.Select(layer => (int)Math.Min(limit, layer.InFeatures)).ToArray();
        Assert.Equal(Math.Min(setting.Rank * limits.Length, limits.Sum()), result.Layers.Sum(layer => layer.Rank));
        Assert.All(result.Layers.Zip(limits), layer => Assert.InRange(layer.First.Rank, 0, layer.Second));
        Assert.InRange(result.Batches, 1, 6);
        Assert.Equal(result.HasConverged, result.Layers.All(layer => layer.HasConverged));
    });

    [Fact]
    public void Run_WithoutWhitening_GivesOrthonormalRows() => Check(setting =>
    {
        using var backbone = setting.Backbone();
        using var result = Run(setting, backbone);
        foreach (var (layer, a) in result.Components)
            Fixture.AssertClose(eye(a.shape[0]), a.matmul(a.t()), 2e-5, layer.Name);
    });

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(1e6f)]
    public void Run_PaddingHoldsAnything_ChangesNothing(float noise) => Check(setting =>
    {
        using var backbone = setting.Backbone();
        using var expected = Run(setting, backbone);
        backbone.Embeddings[0].fill_(noise); // id 0 occurs as padding only
        using var actual = Run(setting, backbone);
        AssertEqual(expected, actual, 0);
    });

    [Fact]
    public void Run_LayersInAnotherOrder_GivesEachTheSame() => Check(setting =>
    {
        using var backbone = setting.Backbone();
        var plan = ToyBatches.Plan(backbone, setting.Rank);
        using var expected = Run(setting, backbone, plan: plan);
        using var actual = Run(setting, backbone, plan: new AdapterPlan([.. plan.Layers.Reverse()]));
        // Layers with equal inputs tie, and then their order decides: compare them together.
        Assert.Equal(Pooled(expected), Pooled(actual));
    });

    [Fact]
    public void Run_WithAndWithoutSharing_GivesTheSame() => Check(setting =>
    {
        using var backbone = setting.Backbone();
        var options = setting.Options;
        options.MinBatches = options.MaxBatches; // a layer with fewer ranks of its own would stop earlier
        using var expected = Run(setting, backbone, options);
        options.SharesEqualInputs = false;
        using var actual = Run(setting, backbone, options);
        AssertEqual(expected, actual, 1e-6);
    });

    [Fact]
    public void Run_Twice_GivesTheSameBits() => Check(setting =>
    {
        using var backbone = setting.Backbone();
        using var expected = Run(setting, backbone);
        using var actual = Run(setting, backbone);
        AssertEqual(expected, actual, 0);
    });

    [Theory]
    [InlineData(8.673617379884035e-19)]
    [InlineData(1099511627776.0)]
    public void Components_InputScaled_StayTheSame(double scale) => Check(setting =>
    {
        using var generator = new Generator((ulong)setting.Seed);
        var rows = Enumerable.Range(0, 3).Select(_ => randn(60, setting.Hidden, generator: generator) * arange(1, setting.Hidden + 1).pow(-0.5)).ToList();
        using var plain = new ExactPca(setting.Rank, setting.Centered, 1);
        using var scaled = new ExactPca(setting.Rank, setting.Centered, 1);
        foreach (var batch in rows)
        {
            plain.Add(batch);
            scaled.Add(batch * scale);
        }
        plain.Refine();
        scaled.Refine();
        Fixture.AssertClose(plain.Current!.Components, scaled.Current!.Components, 0, "components");
        Assert.Equal(plain.Current.ExplainedVarianceRatio(), scaled.Current.ExplainedVarianceRatio());
        Assert.Equal(plain.Current.SingularValues.Select(value => value * scale), scaled.Current.SingularValues);
    });

    private static void AssertEqual(EvaResult expected, EvaResult actual, double tolerance)
    {
        Assert.Equal(expected.Layers.Select(layer => (layer.Name, layer.Rank)), actual.Layers.Select(layer => (layer.Name, layer.Rank)));
        Assert.Equal(expected.Batches, actual.Batches);
        foreach (var (layer, a) in expected.Components)
            Fixture.AssertClose(a, actual.Components[layer], tolerance, layer.Name);
    }

    private static string Pooled(EvaResult result) => string.Join(" ", result.Layers
        .GroupBy(layer => layer.Name.Replace("key", "query").Replace("value", "query"))
        .OrderBy(group => group.Key, StringComparer.Ordinal)
        .Select(group => $"{group.Key}={group.Sum(layer => layer.Rank)}:{string.Join(",", group.First().SingularValues.Select(value => value.ToString("g6")))}"));
}
