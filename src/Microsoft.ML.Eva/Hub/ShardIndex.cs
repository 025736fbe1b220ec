using System.Text.Json;

namespace Microsoft.ML.Eva.Hub;

/// <summary>Reads which shards a <c>model.safetensors.index.json</c> needs.</summary>
internal static class ShardIndex
{
    private const long LargestIndex = 64L << 20;

    /// <summary>The names of the shards, each once, in order.</summary>
    /// <exception cref="InvalidDataException">The file is no index, or names a file outside its folder.</exception>
    public static IReadOnlyList<string> ReadShards(string path, HubTarget target)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (stream.Length > LargestIndex)
            throw new InvalidDataException($"The {target} has {stream.Length} bytes; an index of weights has at most {LargestIndex}.");
        try
        {
            using var document = JsonDocument.Parse(stream, new JsonDocumentOptions { MaxDepth = 16 });
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object)
                throw new InvalidDataException($"The {target} has no 'weight_map' that gives a shard for each tensor.");
            var shards = new SortedSet<string>(StringComparer.Ordinal);
            foreach (var entry in map.EnumerateObject())
                shards.Add(ShardOf(entry, target));
            return shards.Count > 0 ? [.. shards] : throw new InvalidDataException($"The {target} names no shard.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"The {target} is not JSON: {e.Message}", e);
        }
    }

    private static string ShardOf(JsonProperty entry, HubTarget target)
    {
        if (entry.Value.ValueKind == JsonValueKind.String && entry.Value.GetString() is { } name && HubNames.IsShard(name))
            return name;
        throw new InvalidDataException($"The {target} puts the tensor '{HubNames.Shorten(entry.Name)}' into {HubNames.Shorten(entry.Value.GetRawText())}; a shard must be a .safetensors file in the same folder. Nothing of it is downloaded.");
    }
}
