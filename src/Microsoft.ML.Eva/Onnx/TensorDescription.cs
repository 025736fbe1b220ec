namespace Microsoft.ML.Eva.Onnx;

/// <summary>An input or output of an exported model.</summary>
/// <param name="Type">The type of its entries: <c>int64</c> or <c>float32</c>.</param>
/// <param name="Shape">Its sizes: numbers, or names where any size will do.</param>
internal sealed record TensorDescription(string Type, IReadOnlyList<object> Shape);
