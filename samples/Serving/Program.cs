using Serving;
using Serving.Measuring;
using Serving.Models;

return CommandLine.Invoke(args, async (settings, cancellation) =>
{
    if (settings.MeasureSeconds is { } seconds)
    {
        await LoadMeasurement.RunAsync(settings, TimeSpan.FromSeconds(seconds), cancellation);
        return;
    }
    if (settings.MemoryModels is { } count)
    {
        MemoryMeasurement.Run(settings, count);
        return;
    }
    await using var app = ServingApp.Create(settings, ModelSources.Create(settings));
    await app.RunAsync(cancellation);
});
