using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Vit;

/// <summary>One encoder layer: x + attention(norm(x)), then x + feed-forward(norm(x)).</summary>
internal sealed class VitLayer
{
    private readonly LayerNorm _normBefore;
    private readonly VitAttention _attention;
    private readonly LayerNorm _normAfter;
    private readonly AdaptableLinear _intermediate;
    private readonly AdaptableLinear _output;
    private readonly Activation _activation;
    private readonly double _dropout;

    /// <summary>Binds the layer's parameters; <paramref name="innerSize"/> is the feed-forward part's width.</summary>
    public VitLayer(VisionTransformerConfig config, long innerSize, WeightBinder binder)
    {
        _normBefore = binder.LayerNorm("layernorm_before", config.HiddenSize, config.Epsilon);
        _attention = new VitAttention(config, binder.Scope("attention"));
        _normAfter = binder.LayerNorm("layernorm_after", config.HiddenSize, config.Epsilon);
        _intermediate = binder.Linear("intermediate.dense", config.HiddenSize, innerSize);
        _output = binder.Linear("output.dense", innerSize, config.HiddenSize);
        (_activation, _dropout) = (config.Activation, config.HiddenDropout);
    }

    /// <summary>[batch, tokens, hidden] → the same. A fresh tensor.</summary>
    public Tensor Forward(Tensor x, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var attended = x.Plus(_attention.Forward(_normBefore.Forward(x), mode));
        var inner = _activation(_intermediate.Forward(_normAfter.Forward(attended), mode));
        var output = mode.Dropout(_output.Forward(inner, mode), _dropout);
        return attended.Plus(output).MoveToOuterDisposeScope();
    }
}
