using System.Globalization;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Data.Labels;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Training;

/// <summary>
/// −log p of every token given those before it: the scores [batch, tokens, vocabulary] at one place are for the label at the next.
/// With label smoothing ε the target is 1 − ε on the true token plus ε/vocabulary on every one.
/// </summary>
internal sealed class NextTokenLoss(double labelSmoothing = 0) : TaskLoss
{
    /// <summary>The label of tokens that are not to be learned: padding, prompts.</summary>
    public const long Ignored = CompletionLabels.Ignored;

    /// <inheritdoc/>
    public override string Description => string.Create(CultureInfo.InvariantCulture, $"{base.Description} {labelSmoothing:R}");

    /// <summary>The mean over all tokens to be learned; <see cref="Batch.Labels"/> are [batch, tokens] here.</summary>
    public override Tensor Compute(Tensor outputs, Batch batch)
    {
        using var scope = NewDisposeScope();
        var (scores, next) = Pairs(outputs, batch.Labels!);
        return nn.functional.cross_entropy(scores, next, ignore_index: Ignored, label_smoothing: labelSmoothing).MoveToOuterDisposeScope();
    }

    /// <summary>Scores [places, vocabulary] and the labels [places] they are for.</summary>
    public static (Tensor Scores, Tensor Labels) Pairs(Tensor outputs, Tensor labels)
    {
        var (rows, tokens, vocabulary) = (outputs.shape[0], outputs.shape[1], outputs.shape[2]);
        return (outputs.narrow(1, 0, tokens - 1).reshape(rows * (tokens - 1), vocabulary), labels.narrow(1, 1, tokens - 1).reshape(-1));
    }

    /// <summary>The number of tokens to be learned. The first token of a row has nothing before it that it could follow from.</summary>
    public override double CountOf(Batch batch)
    {
        using var scope = NewDisposeScope();
        return batch.Labels!.narrow(1, 1, batch.Labels.shape[1] - 1).ne(Scalars.Of(Ignored)).sum().to(ScalarType.Float64).item<double>();
    }
}
