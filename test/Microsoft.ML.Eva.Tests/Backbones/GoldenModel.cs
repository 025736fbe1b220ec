using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Backbones;

/// <summary>The reference values of base_manifest.json's models: which checkpoint goes with which file, and the batch in it.</summary>
internal static class GoldenModel
{
    /// <summary>One pass in training mode, with the batch's statistics in ResNet's normalisations; ours keep those of pretraining.</summary>
    private const string TrainingFile = "golden_train.safetensors";

    /// <summary>Every checkpoint folder with every golden file that holds its hidden states.</summary>
    public static IEnumerable<(string Folder, string Golden)> Backbones() =>
        from item in Cases()
        where Header(item.Golden).Contains("last_hidden_state")
        from folder in new[] { item.Folder, $"{item.Folder}/base", $"{item.Folder}/classifier" }
        where File.Exists(Fixture.PathTo(folder, "config.json"))
        select (folder, item.Golden);

    /// <summary>Every classifier with every golden file that holds its logits: golden_x belongs to classifier-x where there is one.</summary>
    public static IEnumerable<(string Folder, string Golden)> Classifiers() =>
        from item in Cases()
        where Header(item.Golden).Contains("logits")
        let special = $"{item.Folder}/classifier{Path.GetFileNameWithoutExtension(item.Golden)["golden".Length..].Replace('_', '-')}"
        let folder = Directory.Exists(Fixture.PathTo(special)) ? special : $"{item.Folder}/classifier"
        where Directory.Exists(Fixture.PathTo(folder))
        select (folder, item.Golden);

    /// <summary>The batch of a golden file. Its tensors belong to the batch.</summary>
    public static Batch BatchOf(Dictionary<string, Tensor> golden, string prefix = "") => new()
    {
        Inputs = golden[golden.ContainsKey("pixel_values") ? "pixel_values" : prefix + "input_ids"].clone().DetachFromDisposeScope(),
        Mask = golden.TryGetValue(prefix + "attention_mask", out var mask) ? mask.clone().DetachFromDisposeScope() : null,
        TokenTypes = golden.TryGetValue(prefix + "token_type_ids", out var types) ? types.clone().DetachFromDisposeScope() : null,
    };

    /// <summary>Reads the checkpoint and makes a network of it; the network holds the only reference.</summary>
    public static Network Load(string folder, HeadKind head, int outputs, bool takeOverHead = false, double? dropout = null)
    {
        using var generator = new Generator(1);
        var content = CheckpointFolder.Read(Fixture.PathTo(folder), CPU);
        try
        {
            return NetworkFactory.Create(content, head, outputs, generator, takeOverHead, dropout);
        }
        finally
        {
            content.Release();
        }
    }

    /// <summary>Asserts equality but for rounding: 1e-5 of the largest value, as MODELS.md suggests; padding counts as nothing.</summary>
    public static void AssertOutput(Tensor expected, Tensor actual, string what, Tensor? mask = null)
    {
        using var scope = NewDisposeScope();
        if (mask is not null)
        {
            var kept = mask.unsqueeze(-1).to_type(expected.dtype);
            (expected, actual) = (expected * kept, actual * kept);
        }
        Fixture.AssertClose(expected, actual, 1e-5 * Math.Max(1, expected.abs().max().item<float>()), what);
    }

    /// <summary>Disposes what <see cref="Fixture.Tensors"/> gave.</summary>
    public static void Dispose(this Dictionary<string, Tensor> tensors)
    {
        foreach (var tensor in tensors.Values)
            tensor.Dispose();
    }

    private static IEnumerable<(string Folder, string Golden)> Cases() =>
        from item in Fixture.Cases("base_manifest.json", "model", "model variant")
        from golden in item.GetProperty("golden").EnumerateArray()
        let path = golden.GetString()!
        where Path.GetFileName(path).StartsWith("golden", StringComparison.Ordinal) && Path.GetFileName(path) != TrainingFile
        select (item.GetProperty("folder").GetString()!, path);

    private static HashSet<string> Header(string golden)
    {
        using var stream = File.OpenRead(Fixture.PathTo(golden));
        return [.. SafetensorsReader.ReadHeader(stream, stream.Length, golden).Entries.Select(entry => entry.Name)];
    }
}
