namespace Microsoft.ML.Eva.Hub;

/// <summary>Which files of a repository fine-tuning and scoring need. Pickles and other formats that can run code are never among them.</summary>
internal static class NeededFiles
{
    public const string Configuration = "config.json";
    public const string Weights = "model.safetensors";
    public const string WeightIndex = "model.safetensors.index.json";

    // Any one of them is a vocabulary, or the settings of pictures or policies.
    private static readonly string[] _inputFiles =
        ["tokenizer.json", "vocab.txt", "vocab.json", "spm.model", "spiece.model", "sentencepiece.bpe.model", "tokenizer.model", "preprocessor_config.json", "policy.json"];

    private static readonly string[] _settings =
        ["merges.txt", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
         "modules.json", "sentence_bert_config.json", "config_sentence_transformers.json", "1_Pooling/config.json"];

    private static readonly string[] _otherWeightEndings = [".bin", ".pt", ".pth", ".ckpt", ".pkl", ".h5", ".msgpack", ".onnx", ".gguf", ".safetensors"];

    /// <summary>The files to fetch; of sharded weights only the index, whose shards it names.</summary>
    /// <exception cref="InvalidDataException">The repository has no configuration or no safetensors weights.</exception>
    public static IReadOnlyList<string> Choose(HubListing listing, HubTarget target)
    {
        if (!listing.Files.ContainsKey(Configuration))
            throw new InvalidDataException($"The {target} has no {Configuration}, so it is no transformers checkpoint. Name a repository that has one, or another revision.");
        var weights = listing.Files.ContainsKey(Weights) ? Weights
            : listing.Files.ContainsKey(WeightIndex) ? WeightIndex
            : throw new InvalidDataException(WithoutWeights(listing, target));
        return [Configuration, .. _inputFiles.Concat(_settings).Where(listing.Files.ContainsKey), weights];
    }

    /// <summary>Whether a folder has what says how rows become the network's input: a vocabulary or the settings of pictures or policies.</summary>
    public static bool HasInputFile(Func<string, bool> exists) => _inputFiles.Any(exists);

    private static string WithoutWeights(HubListing listing, HubTarget target)
    {
        var others = listing.Files.Keys.Where(name => _otherWeightEndings.Any(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase))).Order(StringComparer.Ordinal).Take(5).ToArray();
        return others.Length == 0
            ? $"The {target} has no weights ({Weights}). Name a repository that has them, or another revision."
            : $"The {target} has no {Weights}, only {string.Join(", ", others.Select(HubNames.Shorten))}. Pickles (.bin, .pt) can run code and are never loaded. "
              + "Use a revision that has safetensors (often a pull request of the conversion bot: 'refs/pr/1'), or convert the model once in Python with save_pretrained(folder, safe_serialization=True) and use Checkpoint.FromFolder.";
    }
}
