using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Tensors;
using Microsoft.ML.Eva.Training.Metrics;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Training;

/// <summary>Runs a network over labelled rows without training it.</summary>
/// <param name="rows">The rows, all of them with labels.</param>
/// <param name="loss">The loss to report.</param>
/// <param name="createMetrics">Makes new, empty metrics for every pass; the first decides what is better.</param>
/// <param name="batchSize">Rows in a batch.</param>
/// <param name="collectsFindings">Whether rows of classes are looked at one by one for <see cref="EvaluationResult.Findings"/>.</param>
internal sealed class Evaluator(IBatchSource rows, TaskLoss loss, Func<IReadOnlyList<Metric>> createMetrics, int batchSize, bool collectsFindings = false)
{
    /// <summary>With one metric.</summary>
    public Evaluator(IBatchSource rows, TaskLoss loss, Func<Metric> createMetric, int batchSize) : this(rows, loss, () => [createMetric()], batchSize)
    {
    }

    /// <summary>One pass over all rows.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled between two batches.</exception>
    public EvaluationResult Evaluate(Network network, CancellationToken cancellation)
    {
        using var gradient = no_grad();
        var metrics = createMetrics();
        var findings = collectsFindings ? new FindingsCollector() : null;
        var (lossSum, lossCount) = (0.0, 0.0);
        foreach (var batch in rows.EvaluationBatches(batchSize))
        {
            using var _ = batch;
            cancellation.ThrowIfCancellationRequested();
            var count = loss.CountOf(batch);
            lossSum += Measure(network, batch, metrics, findings) * count;
            lossCount += count;
        }
        return new EvaluationResult(metrics[0].Name, metrics[0].Value, lossSum / lossCount)
        {
            Further = metrics.Skip(1).ToDictionary(metric => metric.Name, metric => metric.Value),
            Findings = findings?.Findings,
        };
    }

    /// <summary>How many rows may go through the network at once.</summary>
    public RowLimit Limit { get; init; } = RowLimit.None("validation");

    /// <summary>In which numbers the network multiplies.</summary>
    public ComputePrecision Precision { get; init; }

    // The batch's mean loss; its outputs go to the metrics.
    private double Measure(Network network, Batch batch, IReadOnlyList<Metric> metrics, FindingsCollector? findings)
    {
        var (sum, total) = (0.0, 0.0);
        for (var start = 0; start < batch.RowCount;)
        {
            var count = Math.Min(Limit.RowsAtOnce(batch, network.Backbone), batch.RowCount - start);
            using var piece = batch.Slice(start, count);
            try
            {
                using var scope = NewDisposeScope();
                var outputs = network.Forward(piece, ForwardMode.EvaluationIn(Precision));
                var weight = count == batch.RowCount ? 1 : loss.CountOf(piece);
                (sum, total) = (sum + (double)loss.Compute(outputs, piece).item<float>() * weight, total + weight);
                foreach (var metric in metrics)
                    metric.Add(outputs, piece.Labels!);
                findings?.Add(outputs, piece);
                start += count;
            }
            catch (Exception e) when (MemoryShortage.Is(e))
            {
                Limit.Shrink(count, batch.RowShape, e);
            }
        }
        return total > 0 ? sum / total : 0;
    }

    /// <summary>Whether a pass gave a better metric than the best before.</summary>
    public bool IsBetter(EvaluationResult result, EvaluationResult? best) => createMetrics()[0].IsBetter(result.Metric, best?.Metric);
}
