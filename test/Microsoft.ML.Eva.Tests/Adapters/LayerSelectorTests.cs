using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones.Layers;
using static Microsoft.ML.Eva.Tests.Adapters.TestLayers;

namespace Microsoft.ML.Eva.Tests.Adapters;

public sealed class LayerSelectorTests : IDisposable
{
    private readonly TorchSharp.torch.Generator _generator = NewGenerator(1);
    private readonly AdaptableLayer[] _layers;

    public LayerSelectorTests() =>
        _layers = [.. new[] { "encoder.0.self.query", "encoder.0.self.key", "encoder.1.self.query", "encoder.1.prequery" }.Select(name => Linear(_generator, 2, 2, name: name))];

    public void Dispose()
    {
        _generator.Dispose();
        foreach (var layer in _layers)
        {
            layer.Weight.Dispose();
            layer.Bias!.Dispose();
        }
    }

    [Theory]
    [InlineData("query", 2)]
    [InlineData("self.query", 2)]
    [InlineData("encoder.1.self.query", 1)]
    [InlineData("encoder.0.*", 2)]
    [InlineData("*query", 3)]
    public void Select_OneName_FindsLayersByLastParts(string name, int expected) =>
        Assert.Equal(expected, new LayerSelector(_layers).Select([name], "TargetLayers").Count);

    [Fact]
    public void Select_Null_IsAll() => Assert.Equal(_layers, new LayerSelector(_layers).Select(null, "TargetLayers"));

    [Fact]
    public void Select_SeveralNames_KeepsNetworkOrder() =>
        Assert.Equal([_layers[0], _layers[1], _layers[2]], new LayerSelector(_layers).Select(["query", "key"], "TargetLayers"));

    [Fact]
    public void Select_UnknownName_NamesNearest()
    {
        var e = Assert.Throws<ArgumentException>(() => new LayerSelector(_layers).Select(["query", "qeury"], "TargetLayers"));
        Assert.Contains("'qeury'", e.Message);
        Assert.Contains("nearest names are 'query'", e.Message);
    }
}
