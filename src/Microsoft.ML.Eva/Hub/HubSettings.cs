using System.Text.RegularExpressions;

namespace Microsoft.ML.Eva.Hub;

/// <summary>What the environment says of the hub: the variables of Python's <c>huggingface_hub</c>, with the same precedence.</summary>
internal sealed partial record HubSettings(Uri Endpoint, string CacheFolder, string? Token, bool IsOffline, bool UsesSymbolicLinks)
{
    private const string DefaultEndpoint = "https://huggingface.co"; // the documented default of HF_ENDPOINT

    /// <summary>Reads the variables of this process.</summary>
    /// <exception cref="ArgumentException">A variable holds what cannot be used.</exception>
    public static HubSettings FromEnvironment() =>
        From(Environment.GetEnvironmentVariable, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));

    /// <summary>Reads the variables that <paramref name="variable"/> answers for.</summary>
    public static HubSettings From(Func<string, string?> variable, string userFolder)
    {
        string? Value(params string[] names) => names.Select(variable).FirstOrDefault(value => !string.IsNullOrWhiteSpace(value));
        string? Folder(params string[] names) => Value(names) is { } path ? Expand(path, variable, userFolder) : null;

        var home = Folder("HF_HOME") ?? Path.Combine(Folder("XDG_CACHE_HOME") ?? Path.Combine(userFolder, ".cache"), "huggingface");
        var endpoint = Value("HF_ENDPOINT") ?? DefaultEndpoint;
        if (!HubOptions.IsHttp(endpoint))
            throw new ArgumentException($"The environment variable HF_ENDPOINT is '{HubOptions.WithoutUser(endpoint)}', but must be an absolute http or https address without user, query or fragment.");
        var token = IsTrue(variable("HF_HUB_DISABLE_IMPLICIT_TOKEN"))
            ? null
            : Clean(Value("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")) ?? ReadToken(Folder("HF_TOKEN_PATH") ?? Path.Combine(home, "token"));
        return new HubSettings(
            Root(endpoint),
            Folder("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE") ?? Path.Combine(home, "hub"),
            token,
            IsTrue(Value("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")),
            !IsTrue(variable("HF_HUB_DISABLE_SYMLINKS")));
    }

    /// <summary>Lets the options that are set win over the environment.</summary>
    public HubSettings OverriddenBy(HubOptions options) => this with
    {
        Endpoint = options.Endpoint is { } endpoint ? Root(endpoint) : Endpoint,
        CacheFolder = Path.GetFullPath(options.CacheFolder ?? CacheFolder),
        Token = options.Token is { } token ? Clean(token) : Token,
        IsOffline = options.Offline ?? IsOffline,
    };

    /// <summary>The settings without the token, which a record would print.</summary>
    public override string ToString() =>
        $"{Endpoint}, cache '{CacheFolder}', {(Token is null ? "no token" : "with a token")}, {(IsOffline ? "offline" : "online")}";

    // A trailing slash makes relative addresses append instead of replace; an endpoint may have a path of its own.
    private static Uri Root(string endpoint) => new(endpoint.TrimEnd('/') + "/");

    private static bool IsTrue(string? value) => value?.Trim().ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";

    private static string? Clean(string? token)
    {
        token = token?.Trim();
        if (string.IsNullOrEmpty(token))
            return null;
        return token.All(c => c is > ' ' and < '\x7f')
            ? token
            : throw new ArgumentException("The access token (HF_TOKEN or the token file) holds spaces or special characters; copy it again as the hub shows it.");
    }

    private static string? ReadToken(string path)
    {
        try
        {
            return Clean(File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // not logged in; if a token is needed, the hub says so
        }
    }

    private static string Expand(string path, Func<string, string?> variable, string userFolder)
    {
        path = VariablePattern().Replace(path, match => variable(match.Groups[1].Value + match.Groups[2].Value) ?? match.Value);
        return path == "~" || path.StartsWith("~/", StringComparison.Ordinal) || path.StartsWith("~\\", StringComparison.Ordinal)
            ? Path.Join(userFolder, path[1..])
            : path;
    }

    [GeneratedRegex(@"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?|%([A-Za-z_][A-Za-z0-9_]*)%")]
    private static partial Regex VariablePattern();
}
