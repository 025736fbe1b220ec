using System.Text.Json;
using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Training;

/// <summary>The batches of a reference run, in its order.</summary>
internal sealed class StackedBatches(IReadOnlyDictionary<string, Tensor> tensors, JsonElement settings) : IBatchSource
{
    private readonly int _batchCount = settings.GetProperty("distinct_batches").GetInt32();

    public int RowCount { get; } = settings.GetProperty("distinct_batches").GetInt32() * settings.GetProperty("batch_size").GetInt32();

    public string Fingerprint => "";

    public IEnumerable<Batch> TrainingBatches(int batchSize, int seed, int epoch, int skip = 0)
    {
        for (var i = skip; i < _batchCount; i++)
            yield return Create("", i);
    }

    public IEnumerable<Batch> EvaluationBatches(int batchSize) => [Create("eval.", null)];

    private Batch Create(string prefix, int? index)
    {
        Tensor? Get(string name) => !tensors.TryGetValue(prefix + name, out var stacked) ? null : index is { } i ? stacked[i] : stacked.alias();
        return new Batch
        {
            Inputs = Get("input_ids") ?? Get("pixel_values")!,
            Mask = Get("attention_mask"),
            TokenTypes = Get("token_type_ids"),
            Labels = Get("labels"),
        };
    }
}
