using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Eva;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Backbones;

[Trait("Category", "Fixtures")]
public sealed class DebertaActivationTests
{
    [Fact]
    public void Forward_SharedProjections_ShowEvaTheTokensOnly()
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        foreach (var (folder, goldenFile) in GoldenModel.Classifiers().Where(c => c.Folder.Contains("deberta", StringComparison.Ordinal)))
        {
            var golden = Fixture.Tensors(goldenFile);
            using var batch = GoldenModel.BatchOf(golden);
            using var network = GoldenModel.Load(folder, HeadKind.Pooler, 2);
            using var plain = network.Forward(batch, ForwardMode.Evaluation);
            var layers = network.Backbone.AdaptableLayers;
            var seen = new List<(int Layer, long[] Shape)>();

            using (new ActivationCapture(layers, (layer, x) => seen.Add((layer, x.shape))))
            using (var observed = network.Forward(batch, ForwardMode.Evaluation))
                Assert.True(plain.equal(observed).all().item<bool>(), $"{folder}: observing changed the output");

            // Once per layer, in the order in which they are listed, and never the table [1, 2·span, hidden].
            Assert.Equal(Enumerable.Range(0, layers.Count), seen.Select(entry => entry.Layer));
            Assert.All(seen, entry => Assert.Equal(batch.Inputs.shape, entry.Shape[..2]));
            golden.Dispose();
        }
    }
}
