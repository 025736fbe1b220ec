using Microsoft.ML.Eva.Backbones.Heads;
using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Bert;

/// <summary>BERT's own classifier: the first token through the pretrained pooler (dense, tanh), dropout, linear layer.</summary>
internal sealed class BertPoolerHead : Head
{
    private readonly double _dropout;
    private readonly Linear _pooler;
    private readonly Linear _classifier;

    /// <exception cref="InvalidDataException">The checkpoint has no pooler.</exception>
    public BertPoolerHead(HeadBinder binder, ConfigReader config, long hiddenSize)
    {
        if (!binder.Has("pooler.dense.weight"))
            throw new InvalidDataException(
                $"{config.Source} has no pooler ('pooler.dense.weight'), which BERT's own classifier needs. Choose HeadKind.Mean or HeadKind.Cls.");
        _dropout = config.Dropout("classifier_dropout", absent: config.Dropout("hidden_dropout_prob", absent: 0.1));
        _pooler = binder.Pretrained("pooler.dense", hiddenSize, hiddenSize);
        _classifier = binder.Classifier("classifier", hiddenSize);
        Weights = [.. binder.Bound];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Weights { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor hidden, Batch batch, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        using var pooled = Pool(hidden);
        return _classifier.Forward(mode.Dropout(pooled, _dropout)).MoveToOuterDisposeScope();
    }

    /// <summary>The pooler's output [batch, hidden]. A fresh tensor.</summary>
    public Tensor Pool(Tensor hidden)
    {
        using var first = Pooling.First(hidden);
        using var dense = _pooler.Forward(first);
        return dense.tanh();
    }
}
