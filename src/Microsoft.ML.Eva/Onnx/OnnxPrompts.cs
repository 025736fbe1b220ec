namespace Microsoft.ML.Eva.Onnx;

/// <summary>How an exported model's texts begin and end.</summary>
/// <param name="Column">The column of prompts.</param>
/// <param name="Separator">What stands between a prompt and what is written.</param>
/// <param name="PadId">What fills shorter rows up, on the left.</param>
/// <param name="EndIds">The tokens that end a text; after the first of them a text without prompt begins.</param>
internal sealed record OnnxPrompts(string Column, string Separator, int PadId, IReadOnlyList<int> EndIds);
