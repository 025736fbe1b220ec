using System.Text.Json;

namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>A checkpoint's tokenizer files to a tokenizer: tokenizer.json where there is one, else the family's vocabulary files.</summary>
internal static class TokenizerFactory
{
    private const string JsonFile = "tokenizer.json";

    /// <summary>Composes the tokenizer.</summary>
    /// <param name="modelType">config.json's "model_type".</param>
    /// <param name="config">config.json.</param>
    /// <param name="files">The checkpoint's small files by relative name; only the tokenizer's own are looked at.</param>
    /// <param name="checkpointName">For messages.</param>
    /// <exception cref="InvalidDataException">Files are missing or broken, or name what is not supported; the message says which and what.</exception>
    public static TextTokenizer Create(string modelType, JsonElement config, IReadOnlyDictionary<string, byte[]> files, string checkpointName)
    {
        var tokenizerFiles = new TokenizerFiles(files, checkpointName);
        var configNode = new JsonNode(tokenizerFiles, "config.json", "", config);
        var tokenizer = new ComposedTokenizer(ReadParts(modelType, configNode, tokenizerFiles, checkpointName));
        if (configNode.Optional("vocab_size")?.AsNumber() is { } size && size < tokenizer.VocabularySize)
        {
            throw new InvalidDataException(
                $"{checkpointName}: the tokenizer has {tokenizer.VocabularySize} tokens, but config.json says vocab_size {size}: the model has no embeddings for the last ones.");
        }
        return tokenizer;
    }

    private static TokenizerParts ReadParts(string modelType, JsonNode config, TokenizerFiles tokenizerFiles, string checkpointName)
    {
        var settings = new TokenizerSettings(tokenizerFiles, modelType);
        if (tokenizerFiles.JsonOrNull(JsonFile) is { } json)
            return TokenizerJsonReader.Read(new JsonNode(tokenizerFiles, JsonFile, "", json), settings, config.Optional("pad_token_id")?.AsNumber());
        if (settings.Family is not { } family)
            throw new InvalidDataException($"{checkpointName}: there is no {JsonFile}, and models of type \"{modelType}\" have no other supported form of tokenizer.");
        if (family.Files.Where(f => !tokenizerFiles.Has(f)).ToList() is { Count: > 0 } missing)
        {
            throw new InvalidDataException(
                $"{checkpointName}: no tokenizer files: a model of type \"{modelType}\" needs {JsonFile}, or {string.Join(" and ", family.Files)} (missing: {string.Join(", ", missing)}).");
        }
        return VocabularyFilesReader.Read(family, tokenizerFiles, settings);
    }
}
