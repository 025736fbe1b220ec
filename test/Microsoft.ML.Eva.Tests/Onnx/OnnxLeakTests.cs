using Microsoft.ML.Eva.Tests.Generation;
using Microsoft.ML.Eva.Tests.MLNet;

namespace Microsoft.ML.Eva.Tests.Onnx;

/// <summary>Exports leave no tensor behind, finished or not.</summary>
[Collection(nameof(TensorCounts))]
public sealed class OnnxLeakTests
{
    [Fact]
    public void SaveOnnx_ManyTimes_LeavesNoTensor()
    {
        var ml = new MLContext(seed: 1);
        var data = ml.Data.LoadFromEnumerable(TinyData.Rows(16));
        var parent = Directory.CreateTempSubdirectory("eva-onnx-");
        using var model = ml.Trainer(TinyData.TinyOptions(epochs: 1)).Fit(ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data));
        var folder = Path.Combine(parent.FullName, "export");
        Directory.CreateDirectory(Path.Combine(parent.FullName, "taken", "config.json"));
        model.SaveOnnx(folder);
        var before = TensorCounts.Settled();

        for (var i = 0; i < 5; i++)
        {
            model.SaveOnnx(folder);
            Assert.Throws<IOException>(() => model.SaveOnnx(Path.Combine(parent.FullName, "taken")));
        }

        Assert.Equal(before, TensorCounts.Settled());
        parent.Delete(recursive: true);
    }

    [Fact]
    public void SaveOnnx_GeneratorManyTimes_LeavesNoTensor()
    {
        using var checkpoint = new TinyGpt();
        var parent = Directory.CreateTempSubdirectory("eva-onnx-");
        using var model = EvaGenerationTransformer.FromCheckpoint(new MLContext(seed: 1), checkpoint.Options());
        Directory.CreateDirectory(Path.Combine(parent.FullName, "taken", "config.json"));
        model.SaveOnnx(Path.Combine(parent.FullName, "export"), withCache: true);
        var before = TensorCounts.Settled();

        for (var i = 0; i < 5; i++)
        {
            model.SaveOnnx(Path.Combine(parent.FullName, "export"), withCache: i % 2 == 0);
            Assert.Throws<IOException>(() => model.SaveOnnx(Path.Combine(parent.FullName, "taken"), withCache: true));
        }

        Assert.Equal(before, TensorCounts.Settled());
        parent.Delete(recursive: true);
    }
}
