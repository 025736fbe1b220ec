namespace Microsoft.ML.Eva.Hub;

/// <summary>What a request is about, for its address and for messages.</summary>
internal sealed record HubTarget(string Repository, string Revision, string? File = null)
{
    /// <inheritdoc/>
    public override string ToString() => File is null
        ? $"model '{Repository}' (revision '{Revision}')"
        : $"file '{File}' of model '{Repository}' (revision '{Revision}')";
}
