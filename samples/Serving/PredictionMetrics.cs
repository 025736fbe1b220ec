using System.Diagnostics.Metrics;
using Prometheus;

namespace Serving;

/// <summary>Hands what the library measures, instruments of the .NET meter "Microsoft.ML.Eva", on to Prometheus.</summary>
internal static class PredictionMetrics
{
    private static readonly Counter Requests = Metrics.CreateCounter("eva_prediction_requests_total", "Requests for predictions, by outcome.", "model", "outcome");
    private static readonly Gauge Waiting = Metrics.CreateGauge("eva_prediction_waiting", "Requests that wait for a batch.", "model");
    private static readonly Histogram Duration = Metrics.CreateHistogram("eva_prediction_duration_seconds", "Time from a request to its prediction.", ["model"],
        new HistogramConfiguration { Buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] });
    private static readonly Histogram BatchSize = Metrics.CreateHistogram("eva_prediction_batch_size", "Requests that were scored together.", ["model"],
        new HistogramConfiguration { Buckets = [1, 2, 4, 8, 16, 32, 64, 128] });
    private static readonly Lazy<MeterListener> Listener = new(Listen);

    /// <summary>Begins, once in a process. Everything else that .NET measures stays out of /metrics.</summary>
    public static void Publish() => _ = Listener.Value;

    private static MeterListener Listen()
    {
        Metrics.SuppressDefaultMetrics(new SuppressDefaultMetricOptions { SuppressMeters = true, SuppressEventCounters = true });
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == "Microsoft.ML.Eva")
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument.Name, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument.Name, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument.Name, value, tags));
        listener.Start();
        return listener;
    }

    private static void Record(string instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var model = Tag(tags, "model");
        switch (instrument)
        {
            case "eva.prediction.requests":
                Requests.WithLabels(model, Tag(tags, "outcome")).Inc(value);
                break;
            case "eva.prediction.waiting":
                Waiting.WithLabels(model).Inc(value);
                break;
            case "eva.prediction.duration":
                Duration.WithLabels(model).Observe(value);
                break;
            case "eva.prediction.batch_size":
                BatchSize.WithLabels(model).Observe(value);
                break;
        }
    }

    private static string Tag(ReadOnlySpan<KeyValuePair<string, object?>> tags, string key)
    {
        foreach (var tag in tags)
            if (tag.Key == key)
                return tag.Value?.ToString() ?? "";
        return "";
    }
}
