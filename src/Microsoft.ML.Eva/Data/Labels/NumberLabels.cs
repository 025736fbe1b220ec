using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Data.Labels;

/// <summary>One number per row; [rows] float32 as a tensor, on the scale.</summary>
internal sealed class NumberLabels : RowLabels
{
    private readonly List<float> _numbers = [];

    /// <inheritdoc/>
    public override int Count => _numbers.Count;

    /// <summary>What the tensors' numbers are scaled by.</summary>
    public NumberScale Scale { get; set; } = NumberScale.Identity;

    /// <summary>The number of every row, as it was added.</summary>
    public ReadOnlySpan<float> Values => CollectionsMarshal.AsSpan(_numbers);

    /// <summary>Appends the next row's number.</summary>
    public void Add(float number) => _numbers.Add(number);

    /// <inheritdoc/>
    public override Tensor ToTensor(ReadOnlySpan<int> rows, Device device)
    {
        var values = new float[rows.Length];
        for (var i = 0; i < rows.Length; i++)
            values[i] = Scale.Apply(_numbers[rows[i]]);
        return tensor(values, device: device);
    }

    /// <inheritdoc/>
    public override void Retain(IReadOnlyList<int> rows) => Retain(_numbers, rows);
}
