using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Data.Labels;

/// <summary>What the rows of a data set are to be learned as, one label per row, in the rows' order.</summary>
internal abstract class RowLabels
{
    /// <summary>Number of labels so far.</summary>
    public abstract int Count { get; }

    /// <summary>The labels of these rows as the loss wants them. A fresh tensor.</summary>
    public abstract Tensor ToTensor(ReadOnlySpan<int> rows, Device device);

    /// <summary>Keeps the labels of these rows, in this order, and forgets all others.</summary>
    public abstract void Retain(IReadOnlyList<int> rows);

    /// <summary>The entries at <paramref name="places"/> alone.</summary>
    protected static void Retain<T>(List<T> list, IReadOnlyList<int> places)
    {
        T[] kept = [.. places.Select(place => list[place])];
        list.Clear();
        list.AddRange(kept);
    }
}
