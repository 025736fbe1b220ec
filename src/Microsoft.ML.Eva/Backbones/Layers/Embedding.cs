using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Layers;

/// <summary>A table of vectors, looked up by index.</summary>
internal sealed class Embedding(Weight weight)
{
    /// <summary>Number of rows.</summary>
    public long Count => weight.Value.shape[0];

    /// <summary>[...] int64 → [..., width]. A fresh tensor.</summary>
    public Tensor Forward(Tensor ids)
    {
        using var flat = ids.flatten();
        using var rows = weight.Value.index_select(0, flat);
        return rows.view([.. ids.shape, weight.Value.shape[1]]);
    }

    /// <summary>The first <paramref name="count"/> rows [count, width]: a view.</summary>
    public Tensor First(long count) => Range(0, count);

    /// <summary><paramref name="count"/> rows from <paramref name="start"/> on [count, width]: a view.</summary>
    public Tensor Range(long start, long count) => weight.Value.narrow(0, start, count);
}
