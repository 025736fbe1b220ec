namespace Microsoft.ML.Eva.Onnx;

/// <summary>Height and width of the pictures that a graph is made for.</summary>
internal readonly record struct PictureSize(int Height, int Width);
