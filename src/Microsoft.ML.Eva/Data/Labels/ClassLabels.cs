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

    /// <summary>Weights by which all classes that occur count the same: rows / (classes · rows of the class). Classes without rows weigh nothing.</summary>
    public float[] BalancedWeights(int classCount)
    {
        var counts = new int[classCount];
        foreach (var @class in _classes)
            counts[@class]++;
        var occurring = counts.Count(count => count > 0);
        return Array.ConvertAll(counts, count => count == 0 ? 0f : (float)((double)_classes.Count / occurring / count));
    }

    /// <inheritdoc/>
    public override Tensor ToTensor(ReadOnlySpan<int> rows, Device device)
    {
        var values = new long[rows.Length];
        for (var i = 0; i < rows.Length; i++)
            values[i] = _classes[rows[i]];
        return tensor(values, device: device);
    }

    /// <inheritdoc/>
    public override void Retain(IReadOnlyList<int> rows) => Retain(_classes, rows);
}
