using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Heads;

/// <summary>The mean over all places of a convolutional network's last output, then a linear layer: ResNet's own classifier.</summary>
internal sealed class PlaceMeanHead : Head
{
    private readonly Linear _classifier;

    /// <summary>A head over <paramref name="channels"/> channels.</summary>
    public PlaceMeanHead(HeadBinder binder, long channels)
    {
        _classifier = binder.Classifier("classifier.1", channels); // place 0 of the checkpoint's sequence flattens
        Weights = [.. binder.Bound];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Weights { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor hidden, Batch batch, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        return _classifier.Forward(Pool(hidden)).MoveToOuterDisposeScope();
    }

    /// <summary>[batch, channels, rows, columns] → [batch, channels]. A fresh tensor.</summary>
    public static Tensor Pool(Tensor hidden) => hidden.mean([2, 3]);
}
