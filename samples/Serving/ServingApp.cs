using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Prometheus;
using Serving.Endpoints;
using Serving.Models;

namespace Serving;

/// <summary>Puts the server together.</summary>
internal static class ServingApp
{
    private const string Ready = "ready";

    /// <summary>A server that is not running yet.</summary>
    public static WebApplication Create(Settings settings, IReadOnlyList<ModelSource> sources)
    {
        PredictionMetrics.Publish();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(settings.Url).ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = settings.LargestBody;
        });
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning).AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        builder.Services.AddSingleton(settings).AddSingleton(sources).AddSingleton<ModelStore>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ModelStore>());
        builder.Services.AddProblemDetails();
        builder.Services.AddHealthChecks().AddCheck<ReadyCheck>(Ready);

        var app = builder.Build();
        app.UseHttpMetrics();
        app.UseExceptionHandler(); // whatever was not foreseen: 500 as ProblemDetails, details in the log only
        app.UseStatusCodePages();
        PredictionEndpoints.Map(app);
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Name == Ready });
        app.MapMetrics("/metrics");
        return app;
    }
}
