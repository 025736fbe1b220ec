using System.Text.Json;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Heads;
using Microsoft.ML.Eva.Backbones.Resnet;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Data.Images;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Backbones.Resnet;

/// <summary>The ResNet-18 of the NuGet package against ONNX Runtime.</summary>
public sealed class EmbeddedResnet18Tests
{
    // Features of Picture() by ONNX Runtime 1.30.0, CPU: ResNet18.onnx of Microsoft.ML.DnnImageFeaturizer.ResNet18 0.23.1, fed with
    // blue, green, red bytes less the channels' means over the mean picture of ResNetPreprocess.onnx.
    private static readonly string GoldenFile = Path.Combine(
        Fixture.RepositoryRoot, "test", "Microsoft.ML.Eva.Tests", "Backbones", "Resnet", "resnet18-onnxruntime.json");

    [Fact]
    public void Forward_NormalizedPicture_GivesOnnxRuntimesFeatures()
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        using var network = Load();
        var preprocessor = ImagePreprocessor.Create(JsonDocument.Parse(network.Checkpoint.Files["preprocessor_config.json"]).RootElement);
        var values = new float[preprocessor.ValueCount];
        preprocessor.Normalize(Picture(preprocessor.Width, preprocessor.Height), values);
        using var batch = new Batch { Inputs = tensor(values, [1, 3, preprocessor.Height, preprocessor.Width]) };

        var features = PlaceMeanHead.Pool(network.Backbone.Forward(batch, ForwardMode.Evaluation));

        var expected = tensor(JsonSerializer.Deserialize<float[]>(File.ReadAllText(GoldenFile))!, [1, 512]);
        Fixture.AssertClose(expected, features, 5e-5, "features");
    }

    [Fact]
    public void Forward_HalfSize_GivesHalfTheGrid()
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        using var network = Load();
        using var batch = new Batch { Inputs = zeros(2, 3, 112, 112) };

        Assert.Equal([2, 512, 4, 4], network.Backbone.Forward(batch, ForwardMode.Evaluation).shape);
        Assert.Equal(1 + (2 * Resnet18OnnxReader.Depths.Sum()) + 3, network.Backbone.AdaptableLayers.Count);
    }

    [Fact]
    public void Read_WithoutThePackage_NamesIt()
    {
        var error = Assert.Throws<InvalidOperationException>(() => EmbeddedResnet18.Read(Path.GetTempPath()));

        Assert.Contains("Microsoft.ML.DnnImageFeaturizer.ResNet18", error.Message);
    }

    [Theory]
    [InlineData("no onnx")]
    [InlineData("")]
    public void Read_AnotherFile_IsInvalid(string content)
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            foreach (var file in new[] { "ResNet18Onnx/ResNet18.onnx", "ResNetPrepOnnx/ResNetPreprocess.onnx" })
            {
                var path = Path.Combine(folder.FullName, "DnnImageModels", file);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllText(path, content);
            }

            Assert.Throws<InvalidDataException>(() => EmbeddedResnet18.Read(folder.FullName));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Network Load()
    {
        using var generator = new Generator(1);
        var content = EmbeddedResnet18.Read();
        try
        {
            return NetworkFactory.Create(content, HeadKind.Auto, 5, generator);
        }
        finally
        {
            content.Release();
        }
    }

    private static Picture Picture(int width, int height)
    {
        var picture = Microsoft.ML.Eva.Data.Images.Picture.Black(width, height);
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
                for (var c = 0; c < 3; c++)
                    picture.Row(y)[(x * 4) + c] = (byte)Math.Round(127.5 + (127.5 * Math.Sin((0.05 * x * (c + 1)) + (0.03 * y * (3 - c)))));
        return picture;
    }
}
