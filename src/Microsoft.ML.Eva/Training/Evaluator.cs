using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;
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
        var (lossSum, rowCount) = (0.0, 0L);
        foreach (var batch in rows.EvaluationBatches(batchSize))
        {
            using var _ = batch;
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var outputs = network.Forward(batch, ForwardMode.Evaluation);
            foreach (var metric in metrics)
                metric.Add(outputs, batch.Labels!);
            findings?.Add(outputs, batch);
            lossSum += (double)loss.Compute(outputs, batch).item<float>() * batch.RowCount;
            rowCount += batch.RowCount;
        }
        return new EvaluationResult(metrics[0].Name, metrics[0].Value, lossSum / rowCount)
        {
            Further = metrics.Skip(1).ToDictionary(metric => metric.Name, metric => metric.Value),
            Findings = findings?.Findings,
        };
    }

    /// <summary>Whether a pass gave a better metric than the best before.</summary>
    public bool IsBetter(EvaluationResult result, EvaluationResult? best) => createMetrics()[0].IsBetter(result.Metric, best?.Metric);
}
