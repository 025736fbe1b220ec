using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Tests.Persistence;
using Microsoft.ML.Eva.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Training;

/// <summary>The stacked batches of a training case, in the order in which PEFT saw them.</summary>
internal sealed class ReferenceBatches(Dictionary<string, Tensor> tensors, int count) : IBatchSource
{
    private static readonly string[] Names = ["input_ids", "attention_mask", "token_type_ids", "pixel_values"];

    /// <inheritdoc/>
    public int RowCount => count * (int)tensors["labels"].shape[1];

    /// <inheritdoc/>
    public string Fingerprint => "reference";

    /// <inheritdoc/>
    public IEnumerable<Batch> TrainingBatches(int batchSize, int seed, int epoch, int skip = 0)
    {
        var distinct = tensors["labels"].shape[0];
        for (long step = skip; step < count; step++)
        {
            var place = step % distinct;
            var one = Names.Where(tensors.ContainsKey).ToDictionary(name => name, name => tensors[name][place]);
            using var inputs = AdapterBase.BatchOf(one, "");
            yield return new Batch
            {
                Inputs = inputs.Inputs.alias().DetachFromDisposeScope(),
                Mask = inputs.Mask?.alias().DetachFromDisposeScope(),
                TokenTypes = inputs.TokenTypes?.alias().DetachFromDisposeScope(),
                Labels = tensors["labels"][place].DetachFromDisposeScope(),
            };
        }
    }

    /// <inheritdoc/>
    public IEnumerable<Batch> EvaluationBatches(int batchSize) => TrainingBatches(batchSize, 0, 0);

    /// <summary>The loss of transformers' language models: each token is to be told from those before it; −100 does not count.</summary>
    internal sealed class NextTokenLoss : TaskLoss
    {
        public override Tensor Compute(Tensor outputs, Batch batch)
        {
            using var scope = NewDisposeScope();
            var logits = outputs.narrow(1, 0, outputs.shape[1] - 1).reshape(-1, outputs.shape[2]);
            var labels = batch.Labels!.narrow(1, 1, outputs.shape[1] - 1).reshape(-1);
            return nn.functional.cross_entropy(logits, labels, ignore_index: -100).MoveToOuterDisposeScope();
        }
    }
}
