using System.Text;
using Microsoft.ML.Eva.Backbones;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Backbones;

/// <summary>
/// Shapes/*.txt list every parameter's name and shape, and which layers take an adapter, for the published size of each family:
/// one approved text proves a whole architecture without its weights. The first line of each is its config.json.
/// </summary>
public sealed class ShapeTests
{
    private static string Folder => Path.Combine(Fixture.RepositoryRoot, "test", "Microsoft.ML.Eva.Tests", "Backbones", "Shapes");

    public static TheoryData<string> Names() => [.. Directory.EnumerateFiles(Folder, "*.txt").Select(file => Path.GetFileNameWithoutExtension(file)!).Order()];

    [Theory]
    [MemberData(nameof(Names))]
    public void Create_PublishedConfig_HasTheApprovedParameters(string name)
    {
        var path = Path.Combine(Folder, $"{name}.txt");
        var approved = File.ReadAllLines(path);
        var (text, content) = Describe(approved[0], name);
        content.Release();

        if (Environment.GetEnvironmentVariable("EVA_APPROVE") == "1")
            File.WriteAllText(path, text);
        Assert.Equal(string.Join('\n', approved) + '\n', text);
    }

    [Fact]
    public void Create_RobertaLargeTwice_SharesTheFrozenWeights()
    {
        using var scope = NewDisposeScope();
        var (_, content) = Describe(File.ReadLines(Path.Combine(Folder, "roberta-large.txt")).First(), "roberta-large");
        using var generator = new Generator(1);
        using var one = NetworkFactory.Create(content, HeadKind.Cls, 2, generator);
        using var two = NetworkFactory.Create(content, HeadKind.Cls, 3, generator);
        content.Release();

        Assert.True(one.Backbone.Weights.Sum(w => w.Value.numel()) > 350_000_000);
        Assert.All(one.Backbone.Weights.Zip(two.Backbone.Weights), pair => Assert.Same(pair.First.Value, pair.Second.Value));
        Assert.All(one.Backbone.Weights, weight => Assert.False(weight.IsOwned));
        Assert.All(one.Head.Weights, weight => Assert.True(weight.IsOwned));
    }

    /// <summary>Asks the constructors what they need: first with nothing, then with tensors of those shapes that take no memory.</summary>
    private static (string Text, CheckpointContent Content) Describe(string configLine, string name)
    {
        var config = System.Text.Json.JsonDocument.Parse(configLine).RootElement;
        var reader = new ConfigReader(config, name);
        var family = ModelFamily.Of(reader);
        var tensors = new Dictionary<string, Tensor>();
        var binder = new WeightBinder(tensors);
        family.Backbone(reader, binder);
        var missing = Assert.Throws<InvalidDataException>(() => binder.ThrowIfFaulty(name)).Message;
        foreach (var part in missing[(missing.IndexOf("missing: ", StringComparison.Ordinal) + 9)..].TrimEnd('.').Split("], "))
        {
            var (key, shape) = (part[..part.IndexOf(' ')], part[(part.IndexOf('[') + 1)..].TrimEnd(']'));
            using var scalar = zeros(1);
            tensors.Add(key, scalar.expand(shape.Split(", ").Select(long.Parse).ToArray()).DetachFromDisposeScope());
        }
        var content = new CheckpointContent { Name = name, Config = config, Tensors = tensors, Files = new Dictionary<string, byte[]>() };
        var backbone = family.Backbone(reader, binder = new WeightBinder(tensors));
        binder.ThrowIfFaulty(name);
        var adaptable = backbone.AdaptableLayers.ToDictionary(layer => layer.Weight);
        var text = new StringBuilder(configLine).Append('\n');
        foreach (var weight in backbone.Weights)
        {
            text.Append(weight.Name).Append(" [").AppendJoin(", ", weight.Value.shape).Append(']');
            text.Append(!adaptable.TryGetValue(weight, out var layer) ? "" : layer.IsAdaptedByDefault ? " adapted" : " adaptable").Append('\n');
        }
        text.Append("parameters: ").Append(backbone.Weights.Sum(weight => weight.Value.numel())).Append('\n');
        return (text.ToString(), content);
    }
}
