using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Heads;

/// <summary>The first token, dropout, linear layer.</summary>
internal sealed class ClsHead : Head
{
    private readonly double _dropout;
    private readonly Linear _classifier;

    /// <summary>A head over vectors of <paramref name="hiddenSize"/>.</summary>
    public ClsHead(HeadBinder binder, long hiddenSize, double dropout)
    {
        _dropout = dropout;
        _classifier = binder.Classifier("classifier", hiddenSize);
        Weights = [.. binder.Bound];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Weights { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor hidden, Batch batch, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        return _classifier.Forward(mode.Dropout(Pooling.First(hidden), _dropout)).MoveToOuterDisposeScope();
    }
}
