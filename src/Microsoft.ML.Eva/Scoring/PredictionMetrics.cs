using System.Diagnostics.Metrics;

namespace Microsoft.ML.Eva.Scoring;

/// <summary>What predictors tell .NET's metrics, under the meter's name, each with the tag <c>model</c>.</summary>
internal static class PredictionMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Microsoft.ML.Eva";

    private static readonly Meter Meter = new(MeterName);

    /// <summary>Requests by <c>outcome</c>: predicted, failed, abandoned, refused.</summary>
    public static readonly Counter<long> Requests = Meter.CreateCounter<long>("eva.prediction.requests", "{request}", "Requests for predictions, by outcome.");

    /// <summary>From a request to its prediction.</summary>
    public static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("eva.prediction.duration", "s", "Time from a request to its prediction.");

    /// <summary>Requests scored together.</summary>
    public static readonly Histogram<int> BatchSize = Meter.CreateHistogram<int>("eva.prediction.batch_size", "{request}", "Requests that were scored together.");

    /// <summary>Requests that wait.</summary>
    public static readonly UpDownCounter<int> Waiting = Meter.CreateUpDownCounter<int>("eva.prediction.waiting", "{request}", "Requests that wait for a batch.");
}
