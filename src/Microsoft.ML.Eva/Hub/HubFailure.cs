using System.Net;
using System.Security.Authentication;

namespace Microsoft.ML.Eva.Hub;

/// <summary>Turns what went wrong with a request into a message that says what to do.</summary>
internal sealed class HubFailure(HubSettings settings)
{
    /// <summary>The hub answered, but not with what was asked for.</summary>
    public HubRequestException Of(HttpResponseMessage response, HubTarget target)
    {
        var (status, code, said) = (response.StatusCode, Header(response, "X-Error-Code"), Header(response, "X-Error-Message"));
        var isTransient = status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout || (int)status >= 500;
        var remark = said is null ? "" : $" The hub says: \"{HubNames.Shorten(said)}\".";
        return new HubRequestException(Explain(status, code, target) + remark, null, status, isTransient, RetryAfter(response));
    }

    /// <summary>There was no answer.</summary>
    public HubRequestException Of(HttpRequestException cause, HubTarget target)
    {
        // Waiting does not mend a certificate, and a name that is not found is mostly a machine without network.
        var isLasting = cause.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError || cause.InnerException is AuthenticationException;
        return new HubRequestException(
            $"The {target} cannot be fetched: {settings.Endpoint} cannot be reached ({cause.Message}). Check the network, the proxy (HTTPS_PROXY) and HF_ENDPOINT; "
            + "or download the model elsewhere and use Checkpoint.FromFolder, or copy the cache folder and set HF_HUB_OFFLINE=1.", cause, null, !isLasting);
    }

    private string Explain(HttpStatusCode status, string? code, HubTarget target)
    {
        var repository = $"{settings.Endpoint}{target.Repository}";
        if (code == "RevisionNotFound")
            return $"Model '{target.Repository}' has no revision '{target.Revision}'. Use 'main', or a branch, tag or commit from {repository}/commits/main.";
        if (code == "EntryNotFound")
            return $"The {target} does not exist. Use another revision, or look at {repository}/tree/main.";
        if (code == "GatedRepo")
            return $"The {target} is gated ({(int)status}): its authors give it to those who accept their terms. Accept them at {repository}, then "
                + (settings.Token is null ? "set HF_TOKEN (or HubOptions.Token) to a token of that account." : "see that HF_TOKEN is a token of that account and may read gated repositories.");
        if (status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            return settings.Token is null
                ? $"The {target} does not exist or is private ({(int)status}). Check the name at {settings.Endpoint}; for a private model set HF_TOKEN (or HubOptions.Token) to a token that may read it."
                : $"The {target} does not exist, or the access token may not read it ({(int)status}). Check the name at {settings.Endpoint}, and that the token (HF_TOKEN, HubOptions.Token or the token file) is valid and may read this model.";
        if (code == "RepoNotFound" || status == HttpStatusCode.NotFound)
            return $"The {target} does not exist at {settings.Endpoint} (404). Check the spelling of 'organization/name' and the revision; for a private model set HF_TOKEN (or HubOptions.Token).";
        return status == HttpStatusCode.TooManyRequests
            ? $"The {target} was not fetched: the hub asks for fewer requests (429). Try later; {(settings.Token is null ? "with HF_TOKEN set more requests are allowed" : "the token's rate limit is used up")}."
            : $"The {target} was not fetched: the hub answered {(int)status} ({status}). Try later, or use what is cached with HF_HUB_OFFLINE=1.";
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var header = response.Headers.RetryAfter;
        var wait = header?.Delta ?? (header?.Date is { } date && response.Headers.Date is { } now ? date - now : null);
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
