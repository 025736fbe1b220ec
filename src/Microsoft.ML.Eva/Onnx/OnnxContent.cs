using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.Eva.Backbones;

namespace Microsoft.ML.Eva.Onnx;

/// <summary>What an exported folder is made of: a graph, its description, and the small files that programs need beside it.</summary>
/// <param name="network">The network, its adapters merged.</param>
internal abstract class OnnxContent(Network network)
{
    /// <summary>The configuration's file.</summary>
    public const string ConfigFile = "config.json";

    /// <summary>Of a checkpoint's small files those that a tokenizer is made of.</summary>
    public static readonly IReadOnlyList<string> TokenizerFiles =
    [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.txt", "vocab.json", "merges.txt",
        "spm.model", "sentencepiece.bpe.model", "spiece.model",
    ];

    /// <summary>The checkpoint that the network comes from.</summary>
    public CheckpointContent Checkpoint => network.Checkpoint;

    /// <summary>The network.</summary>
    protected Network Network => network;

    /// <summary>Makes the graph, whose weights are views in the caller's dispose scope.</summary>
    public abstract GraphBuilder CreateGraph();

    /// <summary>Tells what a program must know of the graph.</summary>
    public abstract InferenceDescription Describe(GraphBuilder graph);

    /// <summary>The small files.</summary>
    public abstract IEnumerable<(string Name, byte[] Content)> SmallFiles();

    /// <summary>The checkpoint's configuration, changed so that it fits the graph.</summary>
    protected byte[] Config(Action<JsonObject> change)
    {
        var config = Checkpoint.ConfigOfFloat32();
        change(config);
        return JsonSerializer.SerializeToUtf8Bytes(config, new JsonSerializerOptions { WriteIndented = true });
    }

    /// <summary>Those of these files that the checkpoint has, as they are.</summary>
    protected IEnumerable<(string Name, byte[] Content)> FilesOfCheckpoint(params IEnumerable<string> names)
    {
        foreach (var name in names)
            if (Checkpoint.Files.TryGetValue(name, out var content))
                yield return (name, content);
    }
}
