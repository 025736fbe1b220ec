namespace Microsoft.ML.Eva;

/// <summary>
/// DoRA: the direction of W + s·B·A, row by row, times a trained magnitude that starts as W's (arXiv 2402.09353). Learns like
/// full fine-tuning at low ranks; a step costs more than LoRA's, because the rows' norms follow A and B.
/// </summary>
public sealed class DoraOptions : LowRankOptions
{
}
