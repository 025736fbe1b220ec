using Microsoft.ML.Eva.Adapters;

namespace Microsoft.ML.Eva.Tests.Adapters;

public class LayerSelectorTests
{
    private static readonly string[] Layers = ["encoder.0.self.query", "encoder.0.self.key", "encoder.1.self.query", "encoder.1.prequery"];
    private static readonly LayerSelector Selector = new(Layers);

    [Theory]
    [InlineData("query", 2)]
    [InlineData("self.query", 2)]
    [InlineData("encoder.1.self.query", 1)]
    [InlineData("encoder.0.*", 2)]
    [InlineData("*query", 3)]
    public void Select_OneName_FindsLayersByLastParts(string name, int expected) => Assert.Equal(expected, Selector.Select([name], "TargetLayers").Count);

    [Fact]
    public void Select_Null_IsAll() => Assert.Equal(Layers, Selector.Select(null, "TargetLayers"));

    [Fact]
    public void Select_UnknownName_NamesNearest()
    {
        var e = Assert.Throws<ArgumentException>(() => Selector.Select(["query", "qeury"], "TargetLayers"));
        Assert.Contains("'qeury'", e.Message);
        Assert.Contains("nearest names are 'query'", e.Message);
    }

    [Theory]
    [InlineData("encoder.1", true)]
    [InlineData("1", true)]
    [InlineData("self", true)]
    [InlineData("query", true)]
    [InlineData("elf", false)]
    [InlineData("encoder.0", false)]
    public void MatchesWithin_Module_FindsWhatItContains(string name, bool expected) => Assert.Equal(expected, LayerSelector.MatchesWithin(name, "encoder.1.self.query"));

    [Fact]
    public void Resolve_ContradictingNames_IsRefused()
    {
        var e = Assert.Throws<ArgumentException>(() => Selector.Resolve(new Dictionary<string, int> { ["query"] = 2, ["encoder.0.*"] = 3 }, "RankPattern"));
        Assert.Contains("'encoder.0.self.query'", e.Message);
        Assert.Equal(3, Selector.Resolve(new Dictionary<string, int> { ["query"] = 3, ["encoder.0.*"] = 3 }, "RankPattern").Count);
    }
}
