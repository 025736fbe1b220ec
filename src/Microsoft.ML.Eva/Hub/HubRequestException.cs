using System.Net;

namespace Microsoft.ML.Eva.Hub;

/// <summary>A request that failed, with whether another attempt may help.</summary>
internal sealed class HubRequestException(string message, Exception? inner, HttpStatusCode? status, bool isTransient, TimeSpan? retryAfter = null)
    : HttpRequestException(message, inner, status)
{
    /// <summary>Whether the cause may go away by itself.</summary>
    public bool IsTransient { get; } = isTransient;

    /// <summary>How long the hub asks to wait.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>The same failure after the last attempt.</summary>
    public HubRequestException AfterAttempts(int count) => count <= 1 ? this
        : new HubRequestException($"{Message} Gave up after {count} attempts.", InnerException, StatusCode, false);
}
