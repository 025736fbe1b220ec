using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using static Microsoft.ML.Eva.Tests.Adapters.TestLayers;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Adapters;

[Collection(nameof(TensorCounts))]
public class LoraAdapterLeakTests
{
    [Fact]
    public void Forward_ManyCalls_LeavesNoTensorBehind()
    {
        using var generator = NewGenerator(7);
        var before = TensorCounts.Settled();
        using (var scope = NewDisposeScope())
        {
            var layer = Linear(generator, 6, 4);
            using (var adapter = new LoraAdapter(layer, 1, new RandomInitializer().Initialize(layer, 2, 1, generator)))
            {
                using var x = Random(generator, 3, 6);
                for (var i = 0; i < 10; i++)
                    adapter.Forward(x, ForwardMode.Evaluation).Dispose();
            }
            layer.Weight.Dispose();
            layer.Bias!.Dispose();
        }
        Assert.Equal(before, Tensor.TotalCount);
    }
}
