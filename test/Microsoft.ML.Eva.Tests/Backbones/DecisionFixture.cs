using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Backbones;

/// <summary>Fixtures/decision: tiny Decision Transformers with reference values. A fixture folder named from outside need not have them.</summary>
internal static class DecisionFixture
{
    /// <summary>The folder of the cases.</summary>
    public static string Folder { get; } = Directory.Exists(Fixture.PathTo("decision"))
        ? Fixture.PathTo("decision")
        : Path.Combine(Fixture.RepositoryRoot, "test", "Microsoft.ML.Eva.Tests", "Fixtures", "decision");

    /// <summary>The cases' names.</summary>
    public static IEnumerable<string> Names => Directory.EnumerateDirectories(Folder).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal);

    /// <summary>A case's folder, a checkpoint in Hugging Face's form.</summary>
    public static string PathTo(string name) => Path.Combine(Folder, name);

    /// <summary>The network of a case; it holds the only reference to its checkpoint.</summary>
    public static Network Load(string name)
    {
        var content = CheckpointFolder.Read(PathTo(name), CPU);
        try
        {
            return NetworkFactory.CreatePolicy(content);
        }
        finally
        {
            content.Release();
        }
    }

    /// <summary>The batch of a golden file, with its actions as labels. Its tensors belong to the batch.</summary>
    public static Batch BatchOf(Dictionary<string, Tensor> golden)
    {
        using var scope = NewDisposeScope();
        var mask = golden["attention_mask"];
        return new Batch
        {
            Inputs = cat([golden["returns_to_go"], golden["timesteps"].unsqueeze(-1).to(float32), golden["states"], golden["actions"]], 2).DetachFromDisposeScope(),
            Mask = mask.repeat_interleave(3, 1).DetachFromDisposeScope(),
            Labels = golden["actions"].masked_fill(mask.eq(0).unsqueeze(-1), float.NaN).DetachFromDisposeScope(),
        };
    }
}
