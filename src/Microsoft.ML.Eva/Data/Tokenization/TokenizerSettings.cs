namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>What tokenizer_config.json, special_tokens_map.json and the model's config.json say about the tokenizer; all of it is optional.</summary>
internal sealed class TokenizerSettings
{
    private const string ConfigFile = "tokenizer_config.json";
    private const string MapFile = "special_tokens_map.json";

    private readonly JsonNode? _config;
    private readonly JsonNode? _map;
    private readonly string _modelType;

    /// <summary>Reads the files that are there.</summary>
    public TokenizerSettings(TokenizerFiles files, string modelType)
    {
        _config = files.JsonOrNull(ConfigFile) is { } config ? new JsonNode(files, ConfigFile, "", config) : null;
        _map = files.JsonOrNull(MapFile) is { } map ? new JsonNode(files, MapFile, "", map) : null;
        _modelType = modelType;
        Family = TokenizerFamily.Of(_config?.TextOrNull("tokenizer_class"), modelType);
    }

    /// <summary>The family by tokenizer_class, else by model_type; null where neither is known.</summary>
    public TokenizerFamily? Family { get; }

    /// <summary>A truth value of tokenizer_config.json.</summary>
    public bool? Flag(string name) => _config?.FlagOrNull(name);

    /// <summary>The special token of a role such as "sep_token"; null where no file names it.</summary>
    public string? Token(string role) => _config?.TokenOrNull(role) ?? _map?.TokenOrNull(role);

    /// <summary>The special token of a role, or the family's own.</summary>
    public string Token(string role, string otherwise) => Token(role) ?? otherwise;

    /// <summary>Whether a call of the reference returns token types: as the file says, else as the family does.</summary>
    public bool HasTokenTypes => _config?.Optional("model_input_names") is { } names
        ? names.Items().Any(n => n.AsText() == "token_type_ids")
        : _modelType is "bert" or "electra" or "deberta" or "deberta-v2";
}
