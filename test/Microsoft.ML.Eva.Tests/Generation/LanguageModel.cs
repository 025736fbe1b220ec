using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data.Tokenization;
using Microsoft.ML.Eva.Generation;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Generation;

/// <summary>Language models of the fixtures, and ways to write with them.</summary>
internal static class LanguageModel
{
    /// <summary>The folder of what transformers wrote with a model of its own. It is this project's, so it does not move with EVA_FIXTURES.</summary>
    public static string OwnFolder { get; } = Path.Combine(Fixture.RepositoryRoot, "test", "Microsoft.ML.Eva.Tests", "Fixtures", "generation");

    /// <summary>For models without a tokenizer: every token is an empty text.</summary>
    public static TokenDecoder NoText { get; } = new([], []);

    /// <summary>A language model.</summary>
    public static Network Load(string folder)
    {
        var content = CheckpointFolder.Read(folder, CPU);
        try
        {
            return NetworkFactory.CreateLanguageModel(content);
        }
        finally
        {
            content.Release();
        }
    }

    /// <summary>The tokens written after each prompt, one token a step.</summary>
    public static int[][] Write(Network network, IReadOnlyList<IReadOnlyList<int>> prompts, DecodingOptions options, EndTokens ends, bool usesCache = true)
    {
        using var session = new CausalSession(network, CPU, usesCache);
        var writer = new StepwiseWriter(session, prompts, options, ends, NoText);
        while (writer.Step())
        {
        }
        return [.. writer.Rows.Select(row => row.NewTokens.ToArray())];
    }

    /// <summary>The best beam after each prompt.</summary>
    public static IReadOnlyList<Beam> Search(Network network, IReadOnlyList<IReadOnlyList<int>> prompts, BeamSearchOptions options, EndTokens ends, bool usesCache = true)
    {
        using var session = new CausalSession(network, CPU, usesCache);
        var search = new BeamSearch(session, prompts, options, ends, NoText);
        while (search.Step())
        {
        }
        return [.. search.Best];
    }
}
