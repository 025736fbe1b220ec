using Microsoft.Extensions.Diagnostics.HealthChecks;
using Serving.Models;

namespace Serving;

/// <summary>Ready once every model is loaded, until the server goes down.</summary>
internal sealed class ReadyCheck(ModelStore store, IHostApplicationLifetime lifetime) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        lifetime.ApplicationStopping.IsCancellationRequested ? HealthCheckResult.Unhealthy("The server is going down.")
        : store.IsReady ? HealthCheckResult.Healthy()
        : HealthCheckResult.Unhealthy("Models are being loaded."));
}
