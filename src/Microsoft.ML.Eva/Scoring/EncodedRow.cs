namespace Microsoft.ML.Eva.Scoring;

/// <summary>One row in the form the network reads it.</summary>
/// <param name="Length">What the row costs: tokens of a text, 1 for pictures, which all have one size. Rows of like length share a batch.</param>
internal abstract record EncodedRow(int Length);
