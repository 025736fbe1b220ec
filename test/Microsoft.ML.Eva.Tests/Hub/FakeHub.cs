using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Microsoft.ML.Eva.Tests.Hub;

internal sealed record FakeRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers);

/// <summary>An answer. <paramref name="BreakAfter"/>: the connection ends after so many bytes; <paramref name="PauseAt"/>: nothing more comes from there on until <paramref name="Pause"/> is done.</summary>
internal sealed record FakeResponse(int Status, Dictionary<string, string>? Headers = null, byte[]? Body = null, int? BreakAfter = null, int? PauseAt = null, Task? Pause = null, long? Length = null);

/// <summary>A hub on 127.0.0.1 that plays the real one: listing, checksums, and a second server (another origin) for large files.</summary>
internal sealed class FakeHub : IDisposable
{
    public const string Repository = "org/tiny";
    private readonly TcpListener _hub = Listen();
    private readonly TcpListener _store = Listen();
    private readonly CancellationTokenSource _end = new();

    public FakeHub()
    {
        _ = ServeAsync(_hub, AnswerHub);
        _ = ServeAsync(_store, AnswerStore);
    }

    public Uri Address => AddressOf(_hub);

    public string Commit { get; set; } = new('a', 40);

    public Dictionary<string, byte[]> Files { get; } = [];

    /// <summary>Files of these names are kept in the store, as git-lfs does.</summary>
    public Func<string, bool> IsLarge { get; set; } = name => name.EndsWith(".safetensors", StringComparison.Ordinal);

    /// <summary>Whether the listing gives lengths and hashes; mirrors may not.</summary>
    public bool ListsDetails { get; set; } = true;

    public bool SupportsRange { get; set; } = true;

    /// <summary>Answers instead of the normal play unless it returns null.</summary>
    public Func<FakeRequest, FakeResponse?> InterceptHub { get; set; } = _ => null;

    public Func<FakeRequest, byte[], FakeResponse?> InterceptStore { get; set; } = (_, _) => null;

    public ConcurrentQueue<FakeRequest> HubRequests { get; } = [];

    public ConcurrentQueue<FakeRequest> StoreRequests { get; } = [];

    public static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    public static string GitHash(byte[] content) => Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content]));

    public string Hash(string name) => IsLarge(name) ? Sha256(Files[name]) : GitHash(Files[name]);

    public int Downloads(string name) => HubRequests.Count(r => r.Method == "GET" && r.Path == $"/{Repository}/resolve/{Commit}/{name}");

    public void Dispose()
    {
        _end.Cancel();
        _hub.Stop();
        _store.Stop();
    }

    private static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    private static Uri AddressOf(TcpListener listener) => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");

    private FakeResponse AnswerHub(FakeRequest request)
    {
        HubRequests.Enqueue(request);
        if (InterceptHub(request) is { } answer)
            return answer;
        var path = Uri.UnescapeDataString(request.Path.Split('?')[0]);
        if (path.StartsWith($"/api/models/{Repository}/revision/", StringComparison.Ordinal))
            return path.EndsWith("/revision/main", StringComparison.Ordinal) || path.EndsWith("/revision/refs/pr/1", StringComparison.Ordinal) || path.EndsWith(Commit, StringComparison.Ordinal)
                ? new FakeResponse(200, null, Listing()) : Error(404, "RevisionNotFound");
        var prefix = $"/{Repository}/resolve/{Commit}/";
        if (!path.StartsWith(prefix, StringComparison.Ordinal))
            return Error(404, "RepoNotFound");
        var name = path[prefix.Length..];
        return Files.TryGetValue(name, out var content) ? AnswerFile(request, name, content) : Error(404, "EntryNotFound");
    }

    private FakeResponse AnswerFile(FakeRequest request, string name, byte[] content)
    {
        var headers = new Dictionary<string, string> { ["X-Repo-Commit"] = Commit };
        if (!IsLarge(name))
        {
            headers["ETag"] = $"\"{GitHash(content)}\"";
            return Ranged(request, content, headers);
        }
        headers["X-Linked-ETag"] = $"\"{Sha256(content)}\"";
        headers["X-Linked-Size"] = content.Length.ToString(CultureInfo.InvariantCulture);
        headers["Location"] = new Uri(AddressOf(_store), Sha256(content)).ToString();
        return new FakeResponse(302, headers);
    }

    private FakeResponse AnswerStore(FakeRequest request)
    {
        StoreRequests.Enqueue(request);
        var content = Files.Values.FirstOrDefault(c => request.Path == "/" + Sha256(c));
        if (content is null)
            return new FakeResponse(404);
        return InterceptStore(request, content) ?? Ranged(request, content, []);
    }

    public FakeResponse Ranged(FakeRequest request, byte[] content, Dictionary<string, string> headers)
    {
        if (!SupportsRange || !request.Headers.TryGetValue("range", out var range))
            return new FakeResponse(200, headers, content);
        var from = int.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture);
        if (from >= content.Length)
            return new FakeResponse(416);
        headers["Content-Range"] = $"bytes {from}-{content.Length - 1}/{content.Length}";
        return new FakeResponse(206, headers, content[from..]);
    }

    public static FakeResponse Error(int status, string? code = null, string? message = null)
    {
        var headers = new Dictionary<string, string>();
        if (code is not null)
            headers["X-Error-Code"] = code;
        if (message is not null)
            headers["X-Error-Message"] = message;
        return new FakeResponse(status, headers, "{}"u8.ToArray());
    }

    public byte[] Listing() => JsonSerializer.SerializeToUtf8Bytes(new
    {
        id = Repository,
        sha = Commit,
        siblings = Files.Select(file => !ListsDetails ? (object)new { rfilename = file.Key }
            : IsLarge(file.Key) ? new { rfilename = file.Key, size = file.Value.Length, blobId = new string('0', 40), lfs = new { sha256 = Sha256(file.Value), size = file.Value.Length, pointerSize = 130 } }
            : new { rfilename = file.Key, size = file.Value.Length, blobId = GitHash(file.Value) }).ToArray(),
    });

    private async Task ServeAsync(TcpListener listener, Func<FakeRequest, FakeResponse> answer)
    {
        while (!_end.IsCancellationRequested)
        {
            TcpClient client;
            try
            {
                client = await listener.AcceptTcpClientAsync(_end.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
            _ = Task.Run(() => ServeOneAsync(client, answer));
        }
    }

    private async Task ServeOneAsync(TcpClient client, Func<FakeRequest, FakeResponse> answer)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                if (await ReadAsync(stream) is { } request)
                    await WriteAsync(stream, request, answer(request));
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
            {
                // The other side has gone: it was cancelled, or had enough.
            }
        }
    }

    private static async Task<FakeRequest?> ReadAsync(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        if ((await reader.ReadLineAsync())?.Split(' ') is not [var method, var path, _])
            return null;
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
            headers[line[..line.IndexOf(':')]] = line[(line.IndexOf(':') + 1)..].Trim();
        return new FakeRequest(method, path, headers);
    }

    private async Task WriteAsync(NetworkStream stream, FakeRequest request, FakeResponse response)
    {
        var body = response.Body ?? [];
        var head = new StringBuilder($"HTTP/1.1 {response.Status} Played\r\nConnection: close\r\n");
        if (response.Length is not < 0)
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {response.Length ?? body.Length}\r\n");
        foreach (var (name, value) in response.Headers ?? [])
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()));
        if (request.Method == "HEAD")
            return;
        var end = Math.Min(body.Length, response.BreakAfter ?? int.MaxValue);
        var pause = Math.Min(end, response.PauseAt ?? end);
        await stream.WriteAsync(body.AsMemory(0, pause));
        await stream.FlushAsync();
        if (response.Pause is not null)
            await response.Pause.WaitAsync(_end.Token);
        await stream.WriteAsync(body.AsMemory(pause, end - pause));
    }
}
