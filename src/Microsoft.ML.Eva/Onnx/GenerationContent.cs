using Microsoft.ML.Eva.Backbones;

namespace Microsoft.ML.Eva.Onnx;

/// <summary>A model that writes texts after prompts: what turns prompts into tokens and tokens into texts, and how it is to write.</summary>
/// <param name="network">The language model, its adapters merged.</param>
/// <param name="prompts">How a text begins and ends.</param>
/// <param name="decoding">How the next token is chosen.</param>
/// <param name="withCache">Whether the graph takes and gives the keys and values of earlier tokens.</param>
internal sealed class GenerationContent(Network network, OnnxPrompts prompts, DecodingOptions decoding, bool withCache) : OnnxContent(network)
{
    /// <summary>The file in which the libraries of Hugging Face look for the end tokens, and how to decode.</summary>
    public const string GenerationFile = "generation_config.json";

    private const string Task = "text-generation";

    /// <inheritdoc/>
    public override GraphBuilder CreateGraph() => LanguageModelGraph.Create(Network, withCache);

    /// <inheritdoc/>
    public override InferenceDescription Describe(GraphBuilder graph) => new()
    {
        Task = Task,
        Checkpoint = Checkpoint.Name,
        Inputs = InferenceDescription.Describe(graph.Inputs),
        Outputs = InferenceDescription.Describe(graph.Outputs),
        Classes = [],
        Columns = [prompts.Column],
        MaxTokens = Network.Backbone.MaxTokens,
        PadTokenId = prompts.PadId,
        Separator = prompts.Separator,
        EndTokenIds = prompts.EndIds,
        Decoding = decoding,
    };

    /// <inheritdoc/>
    public override IEnumerable<(string Name, byte[] Content)> SmallFiles() =>
        [(ConfigFile, Config(config => config["use_cache"] = withCache)), .. FilesOfCheckpoint([GenerationFile, .. TokenizerFiles])];
}
