namespace Microsoft.ML.Eva.Data;

/// <summary>
/// Rows of one kind – texts or pictures – cut into batches on one device. Training, EVA's warm-up and scoring know data only
/// through it. Nothing changes by reading, so several readers may go through one source at once.
/// </summary>
internal interface IBatchSource
{
    /// <summary>Number of rows in one pass.</summary>
    int RowCount { get; }

    /// <summary>
    /// One pass over all rows in an order that depends on <paramref name="seed"/> and <paramref name="epoch"/> alone, without the
    /// first <paramref name="skip"/> batches. Every batch but the last has <paramref name="batchSize"/> rows; the smaller one
    /// may come at any place. Whoever enumerates disposes the batches.
    /// </summary>
    IEnumerable<Batch> TrainingBatches(int batchSize, int seed, int epoch, int skip = 0);

    /// <summary>
    /// One pass over all rows in the order that costs least; <see cref="Batch.Rows"/> tells which rows a batch holds. Whoever
    /// enumerates disposes the batches.
    /// </summary>
    IEnumerable<Batch> EvaluationBatches(int batchSize);

    /// <summary>A few characters that other rows, labels, weights or another order of them would most likely change.</summary>
    string Fingerprint { get; }

    /// <summary>Number of batches in one pass.</summary>
    int BatchCount(int batchSize) => (int)(((long)RowCount + batchSize - 1) / batchSize);
}
