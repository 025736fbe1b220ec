using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Training;

/// <summary>Finds the rows that a classifier has most trouble with, and which classes it takes for which, in one pass.</summary>
internal sealed class FindingsCollector
{
    /// <summary>How many of the hardest rows are kept.</summary>
    public const int MostRows = 20;

    private readonly SortedDictionary<(int Actual, int Predicted), long> _counts = [];

    // The easiest of those kept comes out first: of two alike, the one with the larger number.
    private readonly PriorityQueue<HardRow, (double, long)> _hardest = new();

    /// <summary>What was found so far.</summary>
    public ValidationFindings Findings => new(
        [.. _counts.Select(entry => new ConfusionCount(entry.Key.Actual, entry.Key.Predicted, entry.Value))],
        [.. _hardest.UnorderedItems.Select(item => item.Element).OrderBy(row => row.Probability).ThenBy(row => row.Row)]);

    /// <summary>Adds a batch with its logits [batch, classes].</summary>
    public void Add(Tensor outputs, Batch batch)
    {
        using var scope = NewDisposeScope();
        var probabilities = outputs.to(float32).softmax(1).cpu().contiguous();
        var values = probabilities.data<float>().ToArray();
        var predictions = probabilities.argmax(1).data<long>().ToArray();
        var labels = batch.Labels!.cpu().data<long>().ToArray();
        var classes = (int)probabilities.shape[1];
        for (var i = 0; i < labels.Length; i++)
        {
            var (actual, predicted) = ((int)labels[i], (int)predictions[i]);
            _counts[(actual, predicted)] = _counts.GetValueOrDefault((actual, predicted)) + 1;
            Keep(new HardRow
            {
                Row = batch.Rows![i],
                Actual = actual,
                Predicted = predicted,
                Probability = values[i * classes + actual],
                PredictedProbability = values[i * classes + predicted],
            });
        }
    }

    private void Keep(HardRow row)
    {
        var priority = (-row.Probability, -row.Row);
        if (_hardest.Count < MostRows)
            _hardest.Enqueue(row, priority);
        else
            _hardest.EnqueueDequeue(row, priority);
    }
}
