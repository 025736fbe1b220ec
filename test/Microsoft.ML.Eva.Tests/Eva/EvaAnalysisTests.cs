using Microsoft.ML.Eva.Eva;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Eva;

public class EvaAnalysisTests
{
    [Fact]
    public void Run_Defaults_SpendsBudgetOnOrthonormalComponents()
    {
        using var backbone = new ToyBackbone();
        var plan = ToyBatches.Plan(backbone);
        using var result = EvaAnalysis.Run(backbone, plan, new EvaOptions(), ToyBatches.Of(), seed: 1);

        Assert.True(result.HasConverged);
        Assert.Equal(plan.Layers.Sum(layer => layer.Rank), result.Layers.Sum(layer => layer.Rank));
        Assert.All(result.Layers, layer => Assert.InRange(layer.Rank, 0, 8));
        Assert.Contains(result.Layers, layer => layer.Rank != 4);
        Assert.Equal(result.Layers.Where(layer => layer.Rank > 0).Select(layer => layer.Name), result.Plan.Layers.Select(layer => layer.Layer.Name));
        foreach (var planned in result.Plan.Layers)
        {
            Assert.Equal(8.0 / 4, planned.Alpha / planned.Rank, 12);
            var a = result.Components[planned.Layer];
            Assert.Equal([planned.Rank, planned.Layer.InFeatures], a.shape);
            Fixture.AssertClose(eye(planned.Rank), a.matmul(a.t()), 1e-5, planned.Layer.Name);
        }
    }

    [Fact]
    public void Run_QueryKeyValue_ShareOneDecomposition()
    {
        using var backbone = new ToyBackbone();
        using var result = EvaAnalysis.Run(backbone, ToyBatches.Plan(backbone), new EvaOptions(), ToyBatches.Of(), seed: 1);

        Assert.Equal(
            [null, "block.0.query", "block.0.query", null, null, null, null, "block.1.query", "block.1.query", null, null, null],
            result.Layers.Select(layer => layer.SharesInputWith));
    }
}
