using System.Text.Json;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Dinov2;
using Microsoft.ML.Eva.Backbones.Resnet;
using Microsoft.ML.Eva.Backbones.Vit;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Backbones;

/// <summary>One folder of fixtures/models with a vision network: its backbone and, from the classifier folder, its head.</summary>
internal sealed class VisionCase : IDisposable
{
    private readonly Dictionary<string, Tensor> _tensors;

    private VisionCase(Dictionary<string, Tensor> tensors, Backbone backbone, Head? head) => (_tensors, Backbone, Head) = (tensors, backbone, head);

    public Backbone Backbone { get; }

    public Head? Head { get; }

    public IEnumerable<Weight> Weights => Backbone.Weights.Concat(Head?.Weights ?? []);

    public static IEnumerable<JsonElement> All => Fixture.Cases("base_manifest.json", "model")
        .Where(c => c.GetProperty("architecture").GetString() is "vit" or "dinov2" or "dinov2_with_registers" or "resnet");

    public static TheoryData<string, string> Golden(Func<string, bool> isWanted)
    {
        var data = new TheoryData<string, string>();
        foreach (var item in All)
            foreach (var golden in item.GetProperty("golden").EnumerateArray().Select(g => g.GetString()!).Where(isWanted))
                data.Add(item.GetProperty("folder").GetString()!, golden);
        return data;
    }

    /// <summary>Loads <paramref name="checkpoint"/> ("base" or "classifier"); names lose the prefix of the head model.</summary>
    public static VisionCase Load(string folder, string checkpoint)
    {
        var config = Fixture.Json(folder, checkpoint, "config.json");
        var type = config.GetProperty("model_type").GetString()!;
        var tensors = Fixture.Tensors(folder, checkpoint, "model.safetensors").ToDictionary(t => Unprefixed(t.Key, type), t => t.Value);
        var binder = new WeightBinder(tensors);
        var reader = new VisionConfigReader(config, folder);
        Backbone backbone = type switch
        {
            "vit" => new Vit(reader, binder),
            "resnet" => new Resnet(reader, binder),
            _ => new Dinov2(reader, type != "dinov2", binder),
        };
        binder.ThrowIfFaulty(folder);
        return new VisionCase(tensors, backbone, checkpoint == "base" ? null : Classifier(backbone, tensors));
    }

    public static string Unprefixed(string name, string type) => name.StartsWith($"{type}.", StringComparison.Ordinal) ? name[(type.Length + 1)..] : name;

    public void Dispose()
    {
        foreach (var weight in Weights)
            weight.Dispose();
        foreach (var tensor in _tensors.Values)
            tensor.Dispose();
    }

    private static Head Classifier(Backbone backbone, Dictionary<string, Tensor> tensors)
    {
        Weight Shared(string name) => Weight.Shared(name, tensors[name]);
        return backbone switch
        {
            Resnet => new ResnetHead(Shared("classifier.1.weight"), Shared("classifier.1.bias")),
            Dinov2 dinov2 => new VisionTokenHead(Shared("classifier.weight"), Shared("classifier.bias"), TokenPooling.ClsAndPatchMean, dinov2.PrefixTokens),
            _ => new VisionTokenHead(Shared("classifier.weight"), Shared("classifier.bias"), TokenPooling.Cls, Vit.PrefixTokens),
        };
    }
}
