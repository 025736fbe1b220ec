using System.Net;

namespace Microsoft.ML.Eva.Hub;

/// <summary>The system's proxy (HTTPS_PROXY, NO_PROXY, settings of Windows and macOS), except for this machine itself: no proxy can reach a mirror on it.</summary>
internal sealed class DirectLoopbackProxy(IWebProxy system) : IWebProxy
{
    /// <inheritdoc/>
    public ICredentials? Credentials
    {
        get => system.Credentials;
        set => system.Credentials = value;
    }

    /// <inheritdoc/>
    public Uri? GetProxy(Uri destination) => IsBypassed(destination) ? null : system.GetProxy(destination);

    /// <inheritdoc/>
    public bool IsBypassed(Uri host) => host.IsLoopback || system.IsBypassed(host);
}
