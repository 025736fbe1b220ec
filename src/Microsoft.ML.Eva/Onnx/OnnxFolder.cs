using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Scoring;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Onnx;

/// <summary>Writes a model's folder: the graph, and what turns texts or pictures into its inputs and its outputs into classes.</summary>
/// <param name="network">The network, its adapters merged.</param>
/// <param name="input">How rows become its inputs.</param>
/// <param name="task">What the model does.</param>
internal sealed class OnnxFolder(Network network, ModelInput input, OnnxTask task)
{
    /// <summary>The graph's file.</summary>
    public const string ModelFile = "model.onnx";

    /// <summary>The weights' file, where they do not fit into the graph's.</summary>
    public const string WeightsFile = "model.onnx_data";

    private const string ConfigFile = "config.json";
    private const string PreprocessorFile = "preprocessor_config.json";

    /// <summary>Of a checkpoint's small files those that a tokenizer is made of.</summary>
    private static readonly string[] TokenizerFiles =
    [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.txt", "vocab.json", "merges.txt",
        "spm.model", "sentencepiece.bpe.model", "spiece.model",
    ];

    /// <summary>Writes the folder. <paramref name="largest"/> is the most bytes that the graph's file may have.</summary>
    /// <exception cref="ArgumentException">The path is that of a file, or the folder holds files of these names that no export wrote.</exception>
    public void Write(string folder, long largest = OnnxFile.LargestMessage)
    {
        using var staged = new StagedFiles(folder);
        CheckIsOurs(folder);
        using (NewDisposeScope())
        using (no_grad())
        {
            var graph = input is TextInput text
                ? NetworkGraph.OfTexts(network, task.Outputs, text.Tokenizer.HasTokenTypes)
                : NetworkGraph.OfPictures(network, task.Outputs, SizeOf((ImageInput)input));
            var description = Describe(graph).ToJson();
            var metadata = new Dictionary<string, string> { [InferenceDescription.MetadataKey] = Encoding.UTF8.GetString(description) };
            // The file of weights first, so that it is there when the graph is.
            var weights = staged.PathFor(WeightsFile);
            new OnnxFile(graph, network.Checkpoint.Name, metadata).Write(staged.PathFor(ModelFile), weights, WeightsFile, largest);
            foreach (var (name, content) in SmallFiles())
                staged.Write(name, content);
            staged.Write(InferenceDescription.FileName, description);
        }
        var written = staged.Commit();
        foreach (var stale in AllNames().Except(written))
            File.Delete(Path.Combine(folder, stale)); // of an export that was here before
    }

    private static IEnumerable<string> AllNames() => [ModelFile, WeightsFile, ConfigFile, PreprocessorFile, .. TokenizerFiles, InferenceDescription.FileName];

    // A checkpoint's own folder has files of the same names, and would be destroyed.
    private static void CheckIsOurs(string folder)
    {
        if (!File.Exists(Path.Combine(folder, InferenceDescription.FileName)) && AllNames().FirstOrDefault(name => File.Exists(Path.Combine(folder, name))) is { } other)
            throw new ArgumentException($"'{folder}' holds {other}, which is no export of a model. Choose an empty folder, one that is not there yet, or one of an earlier export.", nameof(folder));
    }

    private static PictureSize SizeOf(ImageInput pictures) => new(pictures.Preprocessor.Height, pictures.Preprocessor.Width);

    private InferenceDescription Describe(GraphBuilder graph) => new()
    {
        Task = task.Name,
        Checkpoint = network.Checkpoint.Name,
        Inputs = InferenceDescription.Describe(graph.Inputs),
        Outputs = InferenceDescription.Describe(graph.Outputs),
        Classes = task.Classes,
        Threshold = task.Threshold,
        Columns = input.ColumnNames,
        MaxTokens = (input as TextInput)?.MaxTokens,
        PadTokenId = (input as TextInput)?.Tokenizer.PadId,
    };

    private IEnumerable<(string Name, byte[] Content)> SmallFiles()
    {
        yield return (ConfigFile, Config());
        if (input is ImageInput pictures)
            yield return (PreprocessorFile, pictures.Preprocessor.ToJson());
        else
            foreach (var name in TokenizerFiles)
                if (network.Checkpoint.Files.TryGetValue(name, out var content))
                    yield return (name, content);
    }

    // The checkpoint's, with the classes where the libraries of Hugging Face look for them.
    private byte[] Config()
    {
        var config = JsonNode.Parse(network.Checkpoint.Config.GetRawText())!.AsObject();
        var names = task.Classes.Count > 0 ? task.Classes : [.. Enumerable.Range(0, (int)network.OutputCount).Select(i => $"LABEL_{i}")];
        config["id2label"] = new JsonObject(names.Select((name, id) => KeyValuePair.Create<string, JsonNode?>($"{id}", name)));
        var ids = new JsonObject();
        for (var id = 0; id < names.Count; id++)
            ids[names[id]] = id;
        config["label2id"] = ids;
        config["problem_type"] = task.ProblemType;
        foreach (var type in new[] { "dtype", "torch_dtype" })
            if (config.ContainsKey(type))
                config[type] = "float32";
        return JsonSerializer.SerializeToUtf8Bytes(config, new JsonSerializerOptions { WriteIndented = true });
    }
}
