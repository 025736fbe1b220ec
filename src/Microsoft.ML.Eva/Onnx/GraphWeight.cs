using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Onnx;

/// <summary>A tensor that goes into the file: a view, in the layout that the graph wants, of what belongs to somebody else.</summary>
internal sealed record GraphWeight(string Name, Tensor Tensor)
{
    /// <summary>Number of bytes in the file, where all weights are float32.</summary>
    public long Length => Tensor.numel() * sizeof(float);
}
