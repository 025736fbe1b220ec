using System.Net;
using System.Net.Http.Headers;

namespace Microsoft.ML.Eva.Hub;

/// <summary>
/// Sends requests to the hub and follows its redirects itself: the token goes to the hub's own origin only, and never from
/// https to http. One call is one attempt.
/// </summary>
internal sealed class HubClient : IDisposable
{
    private const int LongestRedirection = 10;
    private const int LargestListing = 64 << 20;

    private readonly HubSettings _settings;
    private readonly TimeSpan _timeout;
    private readonly HubFailure _failure;
    private readonly HttpClient _http;

    public HubClient(HubSettings settings, TimeSpan timeout)
    {
        (_settings, _timeout, _failure) = (settings, timeout, new HubFailure(settings));
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None, // lengths and ranges count the bytes of the file itself
            ConnectTimeout = timeout,
            Proxy = new DirectLoopbackProxy(HttpClient.DefaultProxy),
        };
        // Silence is limited per answer and per read; a large file may take its time.
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("Microsoft.ML.Eva", typeof(HubClient).Assembly.GetName().Version?.ToString(3)));
        _http.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
    }

    /// <summary>Asks for the commit and files of a revision.</summary>
    public async Task<HubListing> ListAsync(HubTarget target, CancellationToken cancellation)
    {
        var address = new Uri(_settings.Endpoint, $"api/models/{target.Repository}/revision/{Uri.EscapeDataString(target.Revision)}?blobs=true");
        using var response = await SendAsync(HttpMethod.Get, address, target, 0, false, cancellation).ConfigureAwait(false);
        using var content = new MemoryStream();
        await using var body = new TimedStream(await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false), _timeout);
        var buffer = new byte[1 << 16];
        try
        {
            for (int count; (count = await body.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0; content.Write(buffer, 0, count))
                if (content.Length + count > LargestListing)
                    throw new InvalidDataException($"The hub's listing of {target} is longer than {LargestListing} bytes; it is not read.");
        }
        catch (IOException e)
        {
            throw new HubRequestException($"The listing of {target} broke off: {e.Message}", e, null, true);
        }
        return HubListing.Parse(content.GetBuffer().AsMemory(0, (int)content.Length), target);
    }

    /// <summary>Asks for a file's checksum and length; <paramref name="listed"/> fills in where a mirror does not say.</summary>
    public async Task<RemoteFile> DescribeAsync(HubTarget target, string commit, ListedFile? listed, CancellationToken cancellation)
    {
        using var response = await SendAsync(HttpMethod.Head, AddressOf(target, commit), target, 0, true, cancellation).ConfigureAwait(false);
        var isRedirect = IsRedirect(response.StatusCode);
        var served = Header(response, "X-Repo-Commit");
        if (served is not null && served != commit)
            throw new InvalidDataException($"The {target} was asked for at commit {commit}, but the hub serves commit {HubNames.Shorten(served)}. If HF_ENDPOINT names a mirror, it is out of step; try later.");
        var checksum = Checksum.Parse(Header(response, "X-Linked-ETag")) ?? listed?.Checksum ?? (isRedirect ? null : Checksum.Parse(Header(response, "ETag")))
            ?? throw new InvalidDataException($"The hub gives no checksum (ETag of 40 or 64 hexadecimal digits) of the {target}, so a download could not be verified. If HF_ENDPOINT names a mirror, use another.");
        var length = long.TryParse(Header(response, "X-Linked-Size"), out var linked) && linked >= 0 ? linked
            : listed?.Length ?? (isRedirect ? null : response.Content.Headers.ContentLength)
            ?? throw new InvalidDataException($"The hub does not give the length of the {target}. If HF_ENDPOINT names a mirror, use another.");
        return new RemoteFile(target.File!, checksum, length);
    }

    /// <summary>Opens a file's content from <paramref name="offset"/> on; whether the server heeds the offset is in the status.</summary>
    public async Task<(HttpResponseMessage Response, TimedStream Body)> OpenAsync(HubTarget target, string commit, long offset, CancellationToken cancellation)
    {
        var response = await SendAsync(HttpMethod.Get, AddressOf(target, commit), target, offset, false, cancellation).ConfigureAwait(false);
        return (response, new TimedStream(await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false), _timeout));
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private Uri AddressOf(HubTarget target, string commit) =>
        new(_settings.Endpoint, $"{target.Repository}/resolve/{commit}/{string.Join('/', target.File!.Split('/').Select(Uri.EscapeDataString))}");

    // With staysAtHub the answer may be a redirect to another host: the hub's own answer carries checksum and length of what it leads to.
    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri address, HubTarget target, long offset, bool staysAtHub, CancellationToken cancellation)
    {
        for (var hops = 0; hops <= LongestRedirection; hops++)
        {
            var response = await SendOnceAsync(method, address, target, offset, cancellation).ConfigureAwait(false);
            if (response.IsSuccessStatusCode || (offset > 0 && response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable))
                return response;
            if (!IsRedirect(response.StatusCode))
                using (response)
                    throw _failure.Of(response, target);
            var next = Next(address, response.Headers.Location, target);
            if (staysAtHub && !IsOwn(next) && Header(response, "X-Linked-ETag") is not null)
                return response;
            response.Dispose();
            address = next;
        }
        throw new HubRequestException($"The {target} was not fetched: more than {LongestRedirection} redirects. Check HF_ENDPOINT ({_settings.Endpoint}).", null, null, false);
    }

    private async Task<HttpResponseMessage> SendOnceAsync(HttpMethod method, Uri address, HubTarget target, long offset, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, address);
        if (_settings.Token is { } token && IsOwn(address))
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (offset > 0)
            request.Headers.Range = new RangeHeaderValue(offset, null);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(_timeout);
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw _failure.Of(e, target);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw _failure.Of(new HttpRequestException($"no answer within {_timeout.TotalSeconds:0.###} seconds", e), target);
        }
    }

    /// <summary>Where a redirect leads.</summary>
    /// <exception cref="HubRequestException">Nowhere, or from https to http.</exception>
    internal static Uri Next(Uri address, Uri? location, HubTarget target)
    {
        if (location is null || !Uri.TryCreate(address, location, out var next) || (next.Scheme != Uri.UriSchemeHttps && next.Scheme != Uri.UriSchemeHttp))
            throw new HubRequestException($"The {target} was not fetched: the hub redirects to no usable address.", null, null, false);
        if (address.Scheme == Uri.UriSchemeHttps && next.Scheme == Uri.UriSchemeHttp)
            throw new HubRequestException($"The {target} was not fetched: {address.Host} redirects from https to http ({next.Host}), which is not followed.", null, null, false);
        return next;
    }

    private bool IsOwn(Uri address) =>
        Uri.Compare(address, _settings.Endpoint, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0;

    private static bool IsRedirect(HttpStatusCode status) =>
        status is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
