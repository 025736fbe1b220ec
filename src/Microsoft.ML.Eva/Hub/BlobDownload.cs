using System.Net;

namespace Microsoft.ML.Eva.Hub;

/// <summary>Downloads one file's content: goes on where an earlier transfer broke off, and verifies length and hash at the end.</summary>
internal sealed class BlobDownload(HubClient client, RetryPolicy retry)
{
    // As much as must have come for a broken transfer not to count against the attempts.
    private const long WorthwhileBytes = 1 << 20;

    /// <summary>Fetches into <paramref name="path"/>, which stays where it is if the transfer breaks or is cancelled, and is removed if its content is wrong.</summary>
    /// <exception cref="InvalidDataException">Length or hash differ from what the hub announced.</exception>
    public async Task FetchAsync(HubTarget target, string commit, RemoteFile file, string path, Action<long> report, CancellationToken cancellation)
    {
        try
        {
            await using var content = Open(path);
            if (content.Length > file.Length)
                Truncate(content);
            var wasPatched = await TransferAsync(target, commit, file, content, report, cancellation).ConfigureAwait(false);
            if (await file.Checksum.MatchesAsync(content, cancellation).ConfigureAwait(false))
                return;
            Truncate(content);
            // The fault may lie in the piece of an earlier run; a download from one piece gets no second chance.
            if (wasPatched)
            {
                await TransferAsync(target, commit, file, content, report, cancellation).ConfigureAwait(false);
                if (await file.Checksum.MatchesAsync(content, cancellation).ConfigureAwait(false))
                    return;
            }
            throw new InvalidDataException($"The {target} was downloaded, but its checksum is not the {file.Checksum.Hexadecimal} that the hub announced. The download was removed; try again. If it recurs, a proxy or the mirror in HF_ENDPOINT changes files.");
        }
        catch (InvalidDataException)
        {
            CacheWriteException.Guard(path, () => File.Delete(path));
            throw;
        }
    }

    private static FileStream Open(string path)
    {
        FileStream? content = null;
        CacheWriteException.Guard(path, () =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            content = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.Asynchronous);
        });
        return content!;
    }

    private static void Truncate(FileStream content) => CacheWriteException.Guard(content.Name, () => content.SetLength(0));

    // Returns whether the content was put together from more than one transfer.
    private async Task<bool> TransferAsync(HubTarget target, string commit, RemoteFile file, FileStream content, Action<long> report, CancellationToken cancellation)
    {
        var (wasPatched, failures, highest) = (content.Length > 0, 0, content.Length);
        while (content.Length < file.Length)
        {
            wasPatched |= content.Length > 0;
            try
            {
                await ReceiveAsync(target, commit, file, content, report, cancellation).ConfigureAwait(false);
            }
            catch (HubRequestException e) when (e.IsTransient)
            {
                if (content.Length >= highest + WorthwhileBytes)
                    (failures, highest) = (0, content.Length);
                await retry.WaitAsync(++failures, e, cancellation).ConfigureAwait(false);
            }
        }
        return wasPatched;
    }

    private async Task ReceiveAsync(HubTarget target, string commit, RemoteFile file, FileStream content, Action<long> report, CancellationToken cancellation)
    {
        var (response, body) = await client.OpenAsync(target, commit, content.Length, cancellation).ConfigureAwait(false);
        using (response)
        await using (body)
        {
            if (IsWrongPart(response, content.Length))
            {
                if (content.Length == 0)
                    throw new HubRequestException($"The {target} was asked for whole, but the server sends a part. Check the proxy and HF_ENDPOINT.", null, response.StatusCode, false);
                Truncate(content);
                return; // and from the start, without a range
            }
            CheckAnnouncedLength(response, target, file);
            if (response.StatusCode != HttpStatusCode.PartialContent)
                Truncate(content);
            content.Seek(0, SeekOrigin.End);
            var buffer = new byte[1 << 18];
            for (int count; (count = await ReadAsync(body, buffer, target, content, file, cancellation).ConfigureAwait(false)) > 0;)
            {
                if (content.Length + count > file.Length)
                    throw WrongLength(target, file, $"more than {file.Length}");
                CacheWriteException.Guard(content.Name, () => content.Write(buffer, 0, count));
                report(content.Length);
            }
            if (content.Length < file.Length)
                throw Broken(target, file, content.Length, null);
        }
    }

    private static bool IsWrongPart(HttpResponseMessage response, long offset) =>
        response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable
        || (response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From != offset);

    private static void CheckAnnouncedLength(HttpResponseMessage response, HubTarget target, RemoteFile file)
    {
        var headers = response.Content.Headers;
        var length = response.StatusCode == HttpStatusCode.PartialContent ? headers.ContentRange?.Length : headers.ContentLength;
        if (length is { } announced && announced != file.Length)
            throw WrongLength(target, file, $"{announced}");
    }

    private static async Task<int> ReadAsync(TimedStream body, byte[] buffer, HubTarget target, FileStream content, RemoteFile file, CancellationToken cancellation)
    {
        try
        {
            return await body.ReadAsync(buffer, cancellation).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw Broken(target, file, content.Length, e);
        }
    }

    private static HubRequestException Broken(HubTarget target, RemoteFile file, long bytes, Exception? cause) =>
        new($"The transfer of the {target} broke off after {bytes} of {file.Length} bytes{(cause is null ? "." : $": {cause.Message}")} What has come is kept; the next call goes on from there.", cause, null, true);

    private static InvalidDataException WrongLength(HubTarget target, RemoteFile file, string found) =>
        new($"The {target} has {found} bytes, but the hub announced {file.Length}. The download was removed; try again. If it recurs, a proxy or the mirror in HF_ENDPOINT changes files.");
}
