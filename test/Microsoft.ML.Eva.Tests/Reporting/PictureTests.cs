using Microsoft.ML.Eva.Reporting;

namespace Microsoft.ML.Eva.Tests.Reporting;

public sealed class PictureTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("eva-pictures").FullName;

    private static readonly Dictionary<string, int> Ranks = Enumerable.Range(0, 3)
        .SelectMany(block => new[] { "attention.self.query", "output.dense" }.Select((module, i) => ($"encoder.layer.{block}.{module}", 4 * block + i)))
        .Append(("pooler.dense", 2))
        .ToDictionary();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void RankHeatMap_Png_ShowsColours()
    {
        var path = Path.Combine(_folder, "ranks.png");
        RankHeatMap.Save(Ranks, path);
        AssertPng(path);
        Assert.Equal([path], Directory.GetFiles(_folder));
    }

    [Fact]
    public void RankHeatMap_Svg_NamesModules()
    {
        var path = Path.Combine(_folder, "ranks.svg");
        RankHeatMap.Save(Ranks, path);
        var svg = File.ReadAllText(path);
        Assert.Contains(">attention.self.query</text>", svg);
        Assert.Contains("</svg>", svg);
    }

    [Fact]
    public void ConvergencePlot_PngAndSvg_AreWritten()
    {
        foreach (var name in new[] { "curve.png", "curve.svg" })
            ConvergencePlot.Save([double.NaN, 0.8, 0.95, 0.995], [0, 0.2, 0.6, 1], 0.99, Path.Combine(_folder, name));
        AssertPng(Path.Combine(_folder, "curve.png"));
        Assert.Contains("</svg>", File.ReadAllText(Path.Combine(_folder, "curve.svg")));
    }

    [Fact]
    public void Save_OtherEnding_NamesThoseKnown() =>
        Assert.Contains(".png or .svg", Assert.Throws<ArgumentException>(() => RankHeatMap.Save(Ranks, Path.Combine(_folder, "ranks.bmp"))).Message);

    [Fact]
    public void Save_NothingToDraw_Throws()
    {
        Assert.Throws<ArgumentException>(() => RankHeatMap.Save(new Dictionary<string, int>(), Path.Combine(_folder, "ranks.png")));
        Assert.Throws<ArgumentException>(() => ConvergencePlot.Save([], [], 0.99, Path.Combine(_folder, "curve.png")));
    }

    [Theory]
    [InlineData("encoder.layer.3.attention.self.query", "attention.self.query", 3)]
    [InlineData("h.11.mlp.c_fc", "mlp.c_fc", 11)]
    [InlineData("pooler.dense", "pooler.dense", -1)]
    public void ModulePlace_OfName_SplitsAtBlock(string name, string module, int block) => Assert.Equal((module, block), ModulePlace.Of(name));

    private static void AssertPng(string path)
    {
        var bytes = File.ReadAllBytes(path);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], bytes[..4]);
        Assert.True(bytes.Length > 3000, $"{bytes.Length} bytes are hardly a picture");
    }
}
