using System.Text.Json.Nodes;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Scoring;

namespace Microsoft.ML.Eva.Onnx;

/// <summary>A model that scores texts or pictures: what turns them into the graph's inputs, and its outputs into classes.</summary>
/// <param name="network">The network, its adapters merged.</param>
/// <param name="input">How rows become its inputs.</param>
/// <param name="task">What the model does.</param>
internal sealed class ScoringContent(Network network, ModelInput input, OnnxTask task) : OnnxContent(network)
{
    /// <summary>The file that says how pictures are preprocessed.</summary>
    public const string PreprocessorFile = "preprocessor_config.json";

    /// <inheritdoc/>
    public override GraphBuilder CreateGraph() => input is TextInput text
        ? NetworkGraph.OfTexts(Network, task.Outputs, text.Tokenizer.HasTokenTypes)
        : NetworkGraph.OfPictures(Network, task.Outputs, SizeOf((ImageInput)input));

    /// <inheritdoc/>
    public override InferenceDescription Describe(GraphBuilder graph) => new()
    {
        Task = task.Name,
        Checkpoint = Checkpoint.Name,
        Inputs = InferenceDescription.Describe(graph.Inputs),
        Outputs = InferenceDescription.Describe(graph.Outputs),
        Classes = task.Classes,
        Threshold = task.Threshold,
        Columns = input.ColumnNames,
        MaxTokens = (input as TextInput)?.MaxTokens,
        PadTokenId = (input as TextInput)?.Tokenizer.PadId,
    };

    /// <inheritdoc/>
    public override IEnumerable<(string Name, byte[] Content)> SmallFiles() =>
        [(ConfigFile, Config(NameClasses)), .. input is ImageInput pictures ? [(PreprocessorFile, pictures.Preprocessor.ToJson())] : FilesOfCheckpoint(TokenizerFiles)];

    private static PictureSize SizeOf(ImageInput pictures) => new(pictures.Preprocessor.Height, pictures.Preprocessor.Width);

    // Where the libraries of Hugging Face look for them.
    private void NameClasses(JsonObject config)
    {
        var names = task.Classes.Count > 0 ? task.Classes : [.. Enumerable.Range(0, (int)Network.OutputCount).Select(i => $"LABEL_{i}")];
        config["id2label"] = new JsonObject(names.Select((name, id) => KeyValuePair.Create<string, JsonNode?>($"{id}", name)));
        var ids = new JsonObject();
        for (var id = 0; id < names.Count; id++)
            ids[names[id]] = id;
        config["label2id"] = ids;
        config["problem_type"] = task.ProblemType;
    }
}
