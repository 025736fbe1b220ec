namespace Microsoft.ML.Eva.Scoring;

/// <summary>Gives each row what a model says of it. Safe for many threads.</summary>
/// <typeparam name="TScore">What it says: scores, or a text.</typeparam>
internal interface IRowScorer<TScore> where TScore : class
{
    /// <summary>How rows are read and encoded.</summary>
    RowInput Input { get; }

    /// <summary>What the model says of these rows, in their order.</summary>
    /// <exception cref="ObjectDisposedException">The model has been disposed.</exception>
    TScore[] Score(IReadOnlyList<EncodedRow> rows);
}
