using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Training.Metrics;

/// <summary>exp of the mean −log p over all tokens to be learned: between how many tokens, as it were, the network had to choose.</summary>
internal sealed class Perplexity : Metric
{
    private double _sum;
    private long _count;

    /// <inheritdoc/>
    public override string Name => "Perplexity";

    /// <inheritdoc/>
    public override double Value => Math.Exp(_sum / _count);

    /// <inheritdoc/>
    public override bool IsHigherBetter => false;

    /// <summary>Adds scores [batch, tokens, vocabulary] and labels [batch, tokens].</summary>
    public override void Add(Tensor outputs, Tensor labels)
    {
        using var scope = NewDisposeScope();
        var (scores, next) = NextTokenLoss.Pairs(outputs, labels);
        _sum += nn.functional.cross_entropy(scores, next, ignore_index: NextTokenLoss.Ignored, reduction: nn.Reduction.Sum).item<float>();
        _count += next.ne(Scalars.Of(NextTokenLoss.Ignored)).sum().item<long>();
    }
}
