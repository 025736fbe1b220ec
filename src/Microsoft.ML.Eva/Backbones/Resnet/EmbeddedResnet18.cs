using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Microsoft.ML.Eva.Backbones.Resnet;

/// <summary>
/// ResNet-18 with ImageNet weights, from the ONNX file that the NuGet package Microsoft.ML.DnnImageFeaturizer.ResNet18 puts
/// beside the application. ONNX Runtime is not used.
/// </summary>
internal static class EmbeddedResnet18
{
    /// <summary>What messages and reports call it.</summary>
    public const string Name = "resnet-18";

    private const string PackageName = "Microsoft.ML.DnnImageFeaturizer.ResNet18";
    private const string ModelsFolder = "DnnImageModels"; // where the package's build files link its content

    /// <summary>Reads the files below <paramref name="folder"/>, the application's by default.</summary>
    /// <exception cref="InvalidOperationException">The package's file is not there.</exception>
    /// <exception cref="InvalidDataException">The file is another one, or broken.</exception>
    public static CheckpointContent Read(string? folder = null)
    {
        var models = Path.Combine(folder ?? AppContext.BaseDirectory, ModelsFolder);
        var path = Path.Combine(models, "ResNet18Onnx", "ResNet18.onnx");
        var meanPath = Path.Combine(models, "ResNetPrepOnnx", "ResNetPreprocess.onnx");
        foreach (var file in new[] { path, meanPath })
            if (!File.Exists(file))
                throw new InvalidOperationException(
                    $"Checkpoint.ResNet18 needs the NuGet package {PackageName}, which puts {Path.GetRelativePath(models, file)} into {ModelsFolder} beside the application; there is no such file. Reference the package in the project of the application.");
        var mean = Resnet18OnnxReader.ReadMean(meanPath);
        return new CheckpointContent
        {
            Name = Name,
            Config = Parse(Config),
            Tensors = Resnet18OnnxReader.Read(path),
            Files = new Dictionary<string, byte[]> { ["preprocessor_config.json"] = Encoding.UTF8.GetBytes(Preprocessor(mean)) },
        };
    }

    private static string Config => $$"""
        {
          "architectures": ["ResNetModel"], "model_type": "resnet", "num_channels": 3, "embedding_size": 64, "hidden_sizes": [64, 128, 256, 512],
          "depths": [{{string.Join(", ", Resnet18OnnxReader.Depths)}}], "layer_type": "basic", "hidden_act": "relu", "downsample_in_first_stage": false
        }
        """;

    // Resizing and cropping are those of the hub's resnet-18; means are the network's own, deviations go into its first kernel.
    private static string Preprocessor(double[] mean) => string.Create(CultureInfo.InvariantCulture, $$"""
        {
          "image_processor_type": "ConvNextImageProcessor", "do_resize": true, "size": { "shortest_edge": 224 }, "crop_pct": 0.875, "resample": 3,
          "do_rescale": true, "rescale_factor": {{1.0 / 255:r}}, "do_normalize": true,
          "image_mean": [{{mean[0] / 255:r}}, {{mean[1] / 255:r}}, {{mean[2] / 255:r}}], "image_std": [{{Deviation(0)}}, {{Deviation(1)}}, {{Deviation(2)}}]
        }
        """);

    private static string Deviation(int channel) => Resnet18OnnxReader.Deviation[channel].ToString("r", CultureInfo.InvariantCulture);

    private static JsonElement Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
