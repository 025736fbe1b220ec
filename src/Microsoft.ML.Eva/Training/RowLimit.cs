using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;

namespace Microsoft.ML.Eva.Training;

/// <summary>How many rows go through the network at once: all of a batch, unless that is more than <see cref="Tokens"/>, until the memory runs out and it may be less.</summary>
/// <param name="mayShrink">Whether it may be less.</param>
/// <param name="doing">What the rows are for, for messages.</param>
/// <param name="warn">Is told when it becomes less.</param>
internal sealed class RowLimit(bool mayShrink, string doing, Action<string> warn)
{
    /// <summary>The limit that memory has set.</summary>
    public int Rows { get; private set; } = int.MaxValue;

    /// <summary>About how many tokens go through the network at once, between three quarters and one and a half times as many; null: any number.</summary>
    public int? Tokens { get; init; }

    /// <summary>All rows of a batch at once, whatever happens.</summary>
    public static RowLimit None(string doing) => new(false, doing, _ => { });

    /// <summary>The rows of each pass over the batch but the last, which may have fewer.</summary>
    public int RowsAtOnce(Batch batch, Backbone backbone)
    {
        if (Tokens is not { } most || backbone.TokensPerRow(batch) is not { } tokens)
            return Math.Min(Rows, batch.RowCount);
        var passes = Math.Max(1, (batch.RowCount * tokens + most / 2) / most);
        return (int)Math.Min(Rows, (batch.RowCount + passes - 1) / passes);
    }

    /// <summary>Halves the limit after the memory ran out with that many rows.</summary>
    /// <exception cref="InsufficientMemoryException">It may not be less, or there is nothing to halve; the message says what to set.</exception>
    public void Shrink(int rows, string shape, Exception cause)
    {
        if (!mayShrink)
            throw new InsufficientMemoryException($"The memory ran out in {doing} with {rows} rows of {shape}. Lower {nameof(TrainingOptions.BatchSize)} and raise {nameof(TrainingOptions.GradientAccumulation)} by as much, shorten the rows ({nameof(EvaLoraTextOptions.MaxTokens)}, {nameof(EvaLoraImageOptions.ImageSize)}), or set {nameof(TrainingOptions.SplitsBatchesWhenOutOfMemory)}.", cause);
        if (rows < 2)
            throw new InsufficientMemoryException($"The memory ran out in {doing} with a single row of {shape}. Shorten the rows ({nameof(EvaLoraTextOptions.MaxTokens)}, {nameof(EvaLoraImageOptions.ImageSize)}), or take a smaller checkpoint or adapters on fewer layers.", cause);
        Rows = (rows + 1) / 2;
        warn($"The memory ran out in {doing} with {rows} rows of {shape}; from now on at most {Rows} go through the network at once. Steps are still made for whole batches.");
    }
}
