using System.Text.Json;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data.Tokenization;
using Microsoft.ML.Eva.Tensors;

namespace Microsoft.ML.Eva.Generation;

/// <summary>The tokens that end a text. The first of them is put after texts that are learned, and before texts that begin from nothing.</summary>
internal sealed class EndTokens
{
    private const string File = "generation_config.json";
    private const string Option = "eos_token_id";

    private readonly HashSet<int> _ids;

    /// <summary>These tokens, at least one.</summary>
    public EndTokens(IReadOnlyList<int> ids) => (Ids, _ids) = (ids, [.. ids]);

    /// <summary>All of them.</summary>
    public IReadOnlyList<int> Ids { get; }

    /// <summary>The one that is written.</summary>
    public int First => Ids[0];

    /// <summary>How many there are.</summary>
    public int Count => _ids.Count;

    /// <summary>Whether a token ends its text.</summary>
    public bool Contains(int id) => _ids.Contains(id);

    /// <summary>What generation_config.json says, else config.json, else the tokenizer's <c>&lt;|endoftext|&gt;</c>.</summary>
    /// <exception cref="InvalidDataException">None of them names a token that there is; the message says where to look.</exception>
    public static EndTokens Read(CheckpointContent checkpoint, TokenDecoder? decoder)
    {
        var config = new ConfigReader(checkpoint.Config, checkpoint.Name);
        var vocabularySize = config.Integer("vocab_size", 1, int.MaxValue);
        if ((FromFile(checkpoint) ?? config.Find(Option)) is not { ValueKind: not JsonValueKind.Null } named)
        {
            return decoder?.FindSpecial("<|endoftext|>") is { } usual && usual < vocabularySize
                ? new EndTokens([usual])
                : throw config.Fault(Option, "is missing, and the tokenizer has no '<|endoftext|>': nothing says how a text ends");
        }
        var items = named.ValueKind == JsonValueKind.Array ? [.. named.EnumerateArray()] : new[] { named };
        var ids = new List<int>();
        foreach (var item in items)
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt32(out var id) || id < 0 || id >= vocabularySize)
                throw config.Fault(Option, $"is {TokenizerFiles.Describe(item)}, which is no token of a vocabulary of {vocabularySize} (also looked at: {File})");
            ids.Add(id);
        }
        return ids.Count > 0 ? new EndTokens(ids) : throw config.Fault(Option, "is an empty list: nothing says how a text ends");
    }

    private static JsonElement? FromFile(CheckpointContent checkpoint)
    {
        if (!checkpoint.Files.TryGetValue(File, out var bytes))
            return null;
        try
        {
            using var json = UntrustedJson.Parse(bytes);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty(Option, out var value) && value.ValueKind != JsonValueKind.Null ? value.Clone() : null;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{File} of {checkpoint.Name} is not JSON: {e.Message}", e);
        }
    }
}
