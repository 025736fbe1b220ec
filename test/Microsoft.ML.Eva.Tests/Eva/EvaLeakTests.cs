using Microsoft.ML.Eva.Eva;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Eva;

[Collection(nameof(TensorCounts))]
public class EvaLeakTests
{
    [Fact]
    public void Run_Finished_LeavesSeatsAsTheyWereAndNoTensors()
    {
        using var backbone = new ToyBackbone();
        var plan = ToyBatches.Plan(backbone);
        EvaAnalysis.Run(backbone, plan, new EvaOptions(), ToyBatches.Of(), seed: 1).Dispose();
        var before = TensorCounts.Settled();
        EvaAnalysis.Run(backbone, plan, new EvaOptions(), ToyBatches.Of(), seed: 1).Dispose();

        Assert.Equal(before, Tensor.TotalCount);
        Assert.All(backbone.AdaptableLayers, layer => Assert.Null(layer.Adapter));
    }
}
