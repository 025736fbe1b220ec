namespace Microsoft.ML.Eva.Hub;

/// <summary>A file on the hub with what a download is checked against.</summary>
internal sealed record RemoteFile(string Name, Checksum Checksum, long Length);
