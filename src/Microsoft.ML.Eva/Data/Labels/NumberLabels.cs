using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Data.Labels;

/// <summary>One number per row; [rows] float32 as a tensor.</summary>
internal sealed class NumberLabels : RowLabels
{
    private readonly List<float> _numbers = [];

    /// <inheritdoc/>
    public override int Count => _numbers.Count;

    /// <summary>The number of every row.</summary>
    public ReadOnlySpan<float> Values => CollectionsMarshal.AsSpan(_numbers);

    /// <summary>Appends the next row's number.</summary>
    public void Add(float number) => _numbers.Add(number);

    /// <inheritdoc/>
    public override Tensor ToTensor(ReadOnlySpan<int> rows, Device device)
    {
        var values = new float[rows.Length];
        for (var i = 0; i < rows.Length; i++)
            values[i] = _numbers[rows[i]];
        return tensor(values, device: device);
    }
}
