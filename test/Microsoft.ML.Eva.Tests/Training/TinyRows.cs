using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Data.Labels;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Training;

/// <summary>Rows that <see cref="TinyNetwork"/> can learn: the class is whether ids of the upper half are in the majority.</summary>
internal static class TinyRows
{
    public static TextBatchSource Create(int count, int seed = 1)
    {
        var random = new Random(seed);
        var rows = new TextRows(TinyNetwork.Vocabulary);
        var labels = new ClassLabels();
        for (var i = 0; i < count; i++)
        {
            var ids = Enumerable.Range(0, random.Next(2, 9)).Select(_ => random.Next(TinyNetwork.Vocabulary)).ToArray();
            rows.Add(new(ids, ids.Length));
            labels.Add(ids.Count(id => id >= TinyNetwork.Vocabulary / 2) * 2 > ids.Length ? 1 : 0);
        }
        return new TextBatchSource(rows, new TextPadding(0, false), CPU, labels);
    }
}
