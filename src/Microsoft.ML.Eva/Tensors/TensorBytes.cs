using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tensors;

/// <summary>Moves raw bytes between streams and tensors without a copy in between.</summary>
internal static class TensorBytes
{
    private const int ChunkSize = 1 << 24; // spans count in int; a tensor may be larger

    /// <summary>Fills a contiguous CPU tensor from the stream.</summary>
    /// <exception cref="EndOfStreamException">The stream ends first.</exception>
    public static unsafe void ReadInto(Stream stream, Tensor tensor)
    {
        foreach (var (pointer, length) in Chunks(tensor))
            stream.ReadExactly(new Span<byte>((void*)pointer, length));
    }

    /// <summary>Fills a contiguous CPU tensor with bytes, as many as it has.</summary>
    public static unsafe void CopyInto(ReadOnlySpan<byte> bytes, Tensor tensor)
    {
        foreach (var (pointer, length) in Chunks(tensor))
        {
            bytes[..length].CopyTo(new Span<byte>((void*)pointer, length));
            bytes = bytes[length..];
        }
    }

    /// <summary>Writes a contiguous CPU tensor to the stream.</summary>
    public static unsafe void WriteTo(Stream stream, Tensor tensor)
    {
        foreach (var (pointer, length) in Chunks(tensor))
            stream.Write(new ReadOnlySpan<byte>((void*)pointer, length));
    }

    private static IEnumerable<(nint Pointer, int Length)> Chunks(Tensor tensor)
    {
        if (tensor.device_type != DeviceType.CPU || !tensor.is_contiguous())
            throw new ArgumentException("Only contiguous tensors on the CPU have bytes to read and write.", nameof(tensor));
        var total = tensor.numel() * SafetensorsTypes.Size(tensor.dtype);
        var start = total == 0 ? 0 : Address(tensor);
        for (long offset = 0; offset < total; offset += ChunkSize)
            yield return ((nint)(start + offset), (int)Math.Min(ChunkSize, total - offset));
    }

    // A view of the storage as bytes has the same address whatever the element type, and TorchSharp exposes it through a span.
    private static unsafe nint Address(Tensor tensor)
    {
        using var flat = tensor.view(-1);
        using var first = flat.narrow(0, 0, 1);
        fixed (byte* pointer = first.bytes)
            return (nint)pointer;
    }
}
