using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Heads;

/// <summary>Names, activation and rates of a <see cref="DenseHead"/>.</summary>
internal sealed record DenseHeadShape(string Dense, string Classifier, Activation Activation, double InputDropout, double Dropout);

/// <summary>The first token, dropout, a hidden layer with its activation, dropout, linear layer: the own classifier of RoBERTa, XLM-R, MPNet, ELECTRA, DistilBERT and DeBERTa.</summary>
internal sealed class DenseHead : Head
{
    private readonly Linear _dense;
    private readonly Linear _classifier;

    /// <summary>A head over vectors of <paramref name="hiddenSize"/>.</summary>
    public DenseHead(HeadBinder binder, long hiddenSize, DenseHeadShape shape)
    {
        Shape = shape;
        _dense = binder.New(shape.Dense, hiddenSize, hiddenSize);
        _classifier = binder.Classifier(shape.Classifier, hiddenSize);
        Weights = [.. binder.Bound];
    }

    /// <summary>Names, activation and rates.</summary>
    public DenseHeadShape Shape { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Weights { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor hidden, Batch batch, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var first = mode.Dropout(Pooling.First(hidden), Shape.InputDropout);
        var dense = Shape.Activation(_dense.Forward(first));
        return _classifier.Forward(mode.Dropout(dense, Shape.Dropout)).MoveToOuterDisposeScope();
    }
}
