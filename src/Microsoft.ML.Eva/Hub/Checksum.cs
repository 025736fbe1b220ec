using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Microsoft.ML.Eva.Hub;

/// <summary>
/// The hash that names a file's content on the hub and in the cache: SHA-256 for large files (git-lfs), git's SHA-1 of
/// "blob LENGTH\0" and the content for small ones.
/// </summary>
internal sealed record Checksum
{
    private Checksum(string hexadecimal) => Hexadecimal = hexadecimal;

    /// <summary>The hash in lower case: the file's name in the cache's folder <c>blobs</c>.</summary>
    public string Hexadecimal { get; }

    /// <summary>The checksum that a listing's hash or an ETag header gives, or null if it gives none.</summary>
    public static Checksum? Parse(string? text)
    {
        if (text is null)
            return null;
        text = text.StartsWith("W/", StringComparison.Ordinal) ? text[2..] : text;
        text = text.Trim('"');
        return text.Length is 40 or 64 && text.All(char.IsAsciiHexDigit) ? new Checksum(text.ToLowerInvariant()) : null;
    }

    /// <summary>Whether a stream's content, read from the start, has this hash.</summary>
    public async Task<bool> MatchesAsync(Stream content, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(Hexadecimal.Length == 64 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
        if (Hexadecimal.Length == 40)
            hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {content.Length}\0")));
        content.Position = 0;
        var buffer = new byte[1 << 18];
        for (int count; (count = await content.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0;)
            hash.AppendData(buffer, 0, count);
        return Convert.ToHexStringLower(hash.GetHashAndReset()) == Hexadecimal;
    }
}
