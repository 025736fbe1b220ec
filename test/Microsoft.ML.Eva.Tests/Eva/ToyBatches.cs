using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Eva;

/// <summary>Random token ids with padding at the end, and plans over toy backbones.</summary>
internal static class ToyBatches
{
    public static Func<IEnumerable<Batch>> Of(int seed = 1, int count = 8, int rows = 6, int tokens = 7, int vocabulary = 50, int padding = 0, bool masks = true) => () => Enumerable.Range(0, count).Select(i => Create(seed * 1000 + i, rows, tokens, vocabulary, padding, masks));

    public static AdapterPlan Plan(ToyBackbone backbone, int rank = 4, double alpha = 8) => new([.. backbone.AdaptableLayers.Select(layer => new PlannedLayer(layer, rank, alpha))]);

    private static Batch Create(int seed, int rows, int tokens, int vocabulary, int padding, bool masks)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        var lengths = masks ? randint(2, tokens + 1, [rows, 1], dtype: int64, generator: generator) : full([rows, 1], (long)tokens, dtype: int64);
        var mask = arange(tokens, dtype: int64) < lengths;
        var ids = randint(1, vocabulary, [rows, tokens], dtype: int64, generator: generator);
        return new Batch { Inputs = ids.masked_fill(~mask, padding).DetachFromDisposeScope(), Mask = masks ? mask.to(int64).DetachFromDisposeScope() : null };
    }
}
