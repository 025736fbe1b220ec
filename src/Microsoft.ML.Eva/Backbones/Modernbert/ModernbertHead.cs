using Microsoft.ML.Eva.Backbones.Heads;
using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Modernbert;

/// <summary>ModernBERT's own classifier: mean or first token as config.json says, dense, activation, norm, dropout, linear layer.</summary>
internal sealed class ModernbertHead : Head
{
    private readonly double _dropout;
    private readonly Linear _dense;
    private readonly LayerNorm _norm;
    private readonly Linear _classifier;

    /// <summary>A head over vectors of <paramref name="hiddenSize"/>. Dense layer and norm come from pretraining where the checkpoint has them.</summary>
    public ModernbertHead(HeadBinder binder, ConfigReader config, long hiddenSize)
    {
        TakesMean = config.Text("classifier_pooling", "cls") switch
        {
            "mean" => true,
            "cls" => false,
            var other => throw config.Fault("classifier_pooling", $"is '{(other.Length <= 60 ? other : other[..60] + "…")}'; known are mean and cls"),
        };
        Activation = Activations.Parse(config, "classifierActivation", "gelu");
        _dropout = config.Dropout("classifier_dropout", absent: 0);
        var hasBias = config.Flag("classifier_bias", absent: false);
        var hasNormBias = config.Flag("norm_bias", absent: false);
        _dense = binder.Has("head.dense.weight")
            ? binder.Pretrained("head.dense", hiddenSize, hiddenSize, hasBias)
            : binder.New("head.dense", hiddenSize, hiddenSize, hasBias);
        NormEpsilon = config.Epsilon("norm_eps", absent: 1e-5);
        _norm = binder.Norm("head.norm", hiddenSize, NormEpsilon, hasNormBias);
        _classifier = binder.Classifier("classifier", hiddenSize);
        Weights = [.. binder.Bound];
    }

    /// <summary>Whether the mean of the tokens goes in instead of the first.</summary>
    public bool TakesMean { get; }

    /// <summary>The non-linearity after the dense layer.</summary>
    public Activation Activation { get; }

    /// <summary>ε of the normalisation.</summary>
    public double NormEpsilon { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Weights { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor hidden, Batch batch, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var pooled = TakesMean ? Pooling.Mean(hidden, batch.Mask) : Pooling.First(hidden);
        var features = _norm.Forward(Activation(_dense.Forward(pooled)));
        return _classifier.Forward(mode.Dropout(features, _dropout)).MoveToOuterDisposeScope();
    }
}
