namespace Microsoft.ML.Eva;

/// <summary>How a model is found by its hub name: where the cache is, whether the network may be used, how much may be downloaded.</summary>
/// <remarks>What is left <see langword="null"/> comes from the same environment variables that Python's <c>huggingface_hub</c> reads.</remarks>
public sealed class HubOptions
{
    /// <summary>Gets or sets the folder that holds <c>models--org--name</c> folders.</summary>
    /// <value>Default: <see langword="null"/>, from HF_HUB_CACHE, else HF_HOME, else <c>~/.cache/huggingface/hub</c>.</value>
    public string? CacheFolder { get; set; }

    /// <summary>Gets or sets the address of the hub, for a mirror or a private hub.</summary>
    /// <value>An absolute http or https address. Default: <see langword="null"/>, from HF_ENDPOINT, else the public hub.</value>
    public string? Endpoint { get; set; }

    /// <summary>Gets or sets the access token for private and gated repositories. It is sent to the hub only, never to the hosts that it redirects to.</summary>
    /// <value>Default: <see langword="null"/>, from HF_TOKEN, else the token file that <c>hf auth login</c> wrote. An empty string sends none.</value>
    public string? Token { get; set; }

    /// <summary>Gets or sets whether the network is left alone and only the cache is used.</summary>
    /// <value>Default: <see langword="null"/>, from HF_HUB_OFFLINE.</value>
    public bool? Offline { get; set; }

    /// <summary>Gets or sets whether the hub is asked for the newest commit of a branch even if the cache holds one, and for files that the cached one lacks.</summary>
    /// <value>Default: <see langword="false"/>: what is in the cache is used without any request.</value>
    public bool CheckForUpdates { get; set; }

    /// <summary>Gets or sets how many bytes one model may need at most; a larger one is refused before anything of it is downloaded.</summary>
    /// <value>At least 1. Default: 10 GiB.</value>
    public long MaxDownloadBytes { get; set; } = 10L << 30;

    /// <summary>Gets or sets how long the hub may be silent before a request is given up and tried again.</summary>
    /// <value>1 millisecond to 1 hour. Default: 30 seconds.</value>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    internal void Validate(OptionsValidator validator)
    {
        validator.Require(CacheFolder is null || !string.IsNullOrWhiteSpace(CacheFolder), nameof(CacheFolder), "empty", "a folder, or null for the usual one");
        validator.Require(Endpoint is null || IsHttp(Endpoint), nameof(Endpoint), WithoutUser(Endpoint), "an absolute http or https address without user, query or fragment");
        validator.Require(MaxDownloadBytes >= 1, nameof(MaxDownloadBytes), MaxDownloadBytes, "at least 1");
        validator.Require(Timeout >= TimeSpan.FromMilliseconds(1) && Timeout <= TimeSpan.FromHours(1), nameof(Timeout), Timeout, "from 1 millisecond to 1 hour");
        // Never shown: it is a secret.
        validator.Require(Token is null || Token.All(c => c is > ' ' and < '\x7f'), nameof(Token), "a text with spaces or special characters", "a token as the hub shows it");
    }

    internal HubOptions Clone() => (HubOptions)MemberwiseClone();

    // A user and password in an address are secrets too.
    internal static string? WithoutUser(string? address) => address?.Contains('@', StringComparison.Ordinal) == true ? "an address with '@'" : address;

    internal static bool IsHttp(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
        && uri.UserInfo.Length == 0 && uri.Query.Length == 0 && uri.Fragment.Length == 0;
}
