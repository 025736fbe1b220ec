using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Training.Metrics;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Training;

/// <summary>Runs a network over labelled rows without training it.</summary>
/// <param name="rows">The rows, all of them with labels.</param>
/// <param name="loss">The loss to report.</param>
/// <param name="createMetric">Makes a new, empty metric for every pass.</param>
/// <param name="batchSize">Rows in a batch.</param>
internal sealed class Evaluator(IBatchSource rows, TaskLoss loss, Func<Metric> createMetric, int batchSize)
{
    /// <summary>One pass over all rows.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled between two batches.</exception>
    public EvaluationResult Evaluate(Network network, CancellationToken cancellation)
    {
        using var gradient = no_grad();
        var metric = createMetric();
        var (lossSum, rowCount) = (0.0, 0L);
        foreach (var batch in rows.EvaluationBatches(batchSize))
        {
            using var _ = batch;
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var outputs = network.Forward(batch, ForwardMode.Evaluation);
            metric.Add(outputs, batch.Labels!);
            lossSum += (double)loss.Compute(outputs, batch).item<float>() * batch.RowCount;
            rowCount += batch.RowCount;
        }
        return new EvaluationResult(metric.Name, metric.Value, lossSum / rowCount);
    }

    /// <summary>Whether a pass gave a better metric than the best before.</summary>
    public bool IsBetter(EvaluationResult result, EvaluationResult? best) => createMetric().IsBetter(result.Metric, best?.Metric);
}
