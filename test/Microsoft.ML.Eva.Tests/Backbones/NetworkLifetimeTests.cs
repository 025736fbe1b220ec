using Microsoft.ML.Eva.Backbones;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Backbones;

[Collection(nameof(TensorCounts))]
[Trait("Category", "Fixtures")]
public sealed class NetworkLifetimeTests
{
    [Fact]
    public void Dispose_AfterPassesOfEveryFamily_LeavesNoTensor()
    {
        var cases = GoldenModel.Classifiers().ToList();
        Use(cases[0].Folder, cases[0].Golden); // whatever is made once per process
        var before = TensorCounts.Settled();

        foreach (var (folder, golden) in cases)
        {
            Use(folder, golden);
            Assert.True(Tensor.TotalCount == before, $"{folder}: {Tensor.TotalCount - before} tensors left");
        }
    }

    private static void Use(string folder, string goldenFile)
    {
        var golden = Fixture.Tensors(goldenFile);
        using (var batch = GoldenModel.BatchOf(golden))
        using (var network = GoldenModel.Load(folder, HeadKind.Pooler, 2, dropout: 0.1))
        using (var generator = new Generator(1))
        {
            foreach (var weight in network.Weights)
                weight.MakeTrainable();
            network.Forward(batch, ForwardMode.Evaluation).Dispose();
            using var output = network.Forward(batch, ForwardMode.Training(generator));
            using var sum = output.sum();
            sum.backward();
            foreach (var weight in network.Weights)
                weight.Value.grad?.Dispose();
        }
        golden.Dispose();
    }
}
