using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Heads;

/// <summary>Mean over the tokens that are not padding, dropout, linear layer: what sentence-transformers' networks are trained for.</summary>
internal sealed class MeanHead : Head
{
    private readonly double _dropout;
    private readonly Linear _classifier;

    /// <summary>A head over vectors of <paramref name="hiddenSize"/>.</summary>
    public MeanHead(HeadBinder binder, long hiddenSize, double dropout)
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
        return _classifier.Forward(mode.Dropout(Pooling.Mean(hidden, batch.Mask), _dropout)).MoveToOuterDisposeScope();
    }
}
