using Microsoft.ML.Eva.Eva;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Eva;

/// <summary>Counts all living tensors, so nothing else may run at the time.</summary>
[CollectionDefinition(nameof(EvaLeakTests), DisableParallelization = true)]
[Collection(nameof(EvaLeakTests))]
public class EvaLeakTests
{
    [Fact]
    public void Run_Finished_LeavesSeatsAsTheyWereAndNoTensors()
    {
        using var backbone = new ToyBackbone();
        var plan = ToyBatches.Plan(backbone);
        EvaAnalysis.Run(backbone, plan, new EvaOptions(), ToyBatches.Of(), seed: 1).Dispose();
        var before = LivingTensors();
        EvaAnalysis.Run(backbone, plan, new EvaOptions(), ToyBatches.Of(), seed: 1).Dispose();

        Assert.Equal(before, Tensor.TotalCount);
        Assert.All(backbone.AdaptableLayers, layer => Assert.Null(layer.Adapter));
    }

    // Other tests leave tensors to the garbage collector; only what it cannot take counts.
    private static long LivingTensors()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Tensor.TotalCount;
    }
}
