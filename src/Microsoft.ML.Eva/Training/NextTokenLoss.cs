using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Training;

/// <summary>−log p of every token given those before it: the scores [batch, tokens, vocabulary] at one place are for the label at the next.</summary>
internal sealed class NextTokenLoss : TaskLoss
{
    /// <summary>The label of tokens that are not to be learned: padding, prompts.</summary>
    public const long Ignored = -100;

    /// <summary>The mean over all tokens to be learned; <see cref="Batch.Labels"/> are [batch, tokens] here.</summary>
    public override Tensor Compute(Tensor outputs, Batch batch)
    {
        using var scope = NewDisposeScope();
        var (rows, tokens, vocabulary) = (outputs.shape[0], outputs.shape[1], outputs.shape[2]);
        var scores = outputs.narrow(1, 0, tokens - 1).reshape(rows * (tokens - 1), vocabulary);
        var next = batch.Labels!.narrow(1, 1, tokens - 1).reshape(-1);
        return nn.functional.cross_entropy(scores, next, ignore_index: Ignored).MoveToOuterDisposeScope();
    }

    /// <summary>The number of tokens to be learned.</summary>
    public override double CountOf(Batch batch)
    {
        using var scope = NewDisposeScope();
        return batch.Labels!.narrow(1, 1, batch.Labels.shape[1] - 1).ne(Ignored).sum().to(ScalarType.Float64).item<double>();
    }
}
