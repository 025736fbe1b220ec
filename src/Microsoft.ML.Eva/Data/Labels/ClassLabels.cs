using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Data.Labels;

/// <summary>One class index from 0 per row; [rows] int64 as a tensor.</summary>
internal sealed class ClassLabels : RowLabels
{
    private readonly List<int> _classes = [];

    /// <inheritdoc/>
    public override int Count => _classes.Count;

    /// <summary>The class of every row.</summary>
    public ReadOnlySpan<int> Values => CollectionsMarshal.AsSpan(_classes);

    /// <summary>Appends the next row's class.</summary>
    public void Add(int @class)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(@class);
        _classes.Add(@class);
    }

    /// <inheritdoc/>
    public override Tensor ToTensor(ReadOnlySpan<int> rows, Device device)
    {
        var values = new long[rows.Length];
        for (var i = 0; i < rows.Length; i++)
            values[i] = _classes[rows[i]];
        return tensor(values, device: device);
    }
}
