using System.Text.Json;

namespace Microsoft.ML.Eva.Hub;

/// <summary>A file that the hub lists; length and checksum are null where it does not say.</summary>
internal sealed record ListedFile(string Name, long? Length, Checksum? Checksum);

/// <summary>What the hub answers for <c>/api/models/NAME/revision/REVISION</c>: the commit and its files.</summary>
internal sealed record HubListing(string Commit, IReadOnlyDictionary<string, ListedFile> Files)
{
    private const int LargestCount = 100_000;

    /// <summary>Reads the answer, which is not trusted.</summary>
    /// <exception cref="InvalidDataException">It is no listing, or names a file outside the repository.</exception>
    public static HubListing Parse(ReadOnlyMemory<byte> json, HubTarget target)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 32 });
            return Read(document.RootElement, target);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a text with an unpaired surrogate.
            throw new InvalidDataException($"The hub's listing of {target} is not JSON: {e.Message} If HF_ENDPOINT names a mirror, check that it serves the hub's API.", e);
        }
    }

    private static HubListing Read(JsonElement root, HubTarget target)
    {
        if (Property(root, "sha", JsonValueKind.String)?.GetString() is not { } commit || !HubNames.IsCommit(commit))
            throw new InvalidDataException($"The hub's listing of {target} does not give the commit ('sha', 40 hexadecimal digits).");
        if (Property(root, "siblings", JsonValueKind.Array) is not { } siblings || siblings.GetArrayLength() > LargestCount)
            throw new InvalidDataException($"The hub's listing of {target} does not give its files ('siblings', an array of at most {LargestCount}).");
        var files = new Dictionary<string, ListedFile>();
        foreach (var sibling in siblings.EnumerateArray())
        {
            if (Property(sibling, "rfilename", JsonValueKind.String)?.GetString() is not { } name)
                throw new InvalidDataException($"The hub's listing of {target} holds a file without a name.");
            if (!HubNames.IsInside(name))
                throw new InvalidDataException($"The hub's listing of {target} names the file '{HubNames.Shorten(name)}', which would lie outside the repository. Nothing is downloaded.");
            files[name] = ReadFile(name, sibling);
        }
        return new HubListing(commit, files);
    }

    private static ListedFile ReadFile(string name, JsonElement sibling)
    {
        if (Property(sibling, "lfs", JsonValueKind.Object) is not { } lfs)
            return new ListedFile(name, Length(sibling), Checksum.Parse(Property(sibling, "blobId", JsonValueKind.String)?.GetString()));
        // blobId is that of the pointer file here.
        var sha256 = Property(lfs, "sha256", JsonValueKind.String) ?? Property(lfs, "oid", JsonValueKind.String);
        return new ListedFile(name, Length(lfs) ?? Length(sibling), Checksum.Parse(sha256?.GetString()));
    }

    private static long? Length(JsonElement element) =>
        Property(element, "size", JsonValueKind.Number) is { } size && size.TryGetInt64(out var length) && length >= 0 ? length : null;

    private static JsonElement? Property(JsonElement element, string name, JsonValueKind kind) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == kind ? value : null;
}
