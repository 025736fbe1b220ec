namespace Microsoft.ML.Eva.Data;

/// <summary>How a tokenizer's rows become tensors: what fills them up, and whether token types go along.</summary>
internal readonly record struct TextPadding(int PadId, bool HasTokenTypes);
