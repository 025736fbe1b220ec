using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Layers;

/// <summary>The names and sizes of a <see cref="PostNormBlock"/>.</summary>
internal sealed record PostNormShape(
    string AttentionOutput, string AttentionNorm, string Intermediate, string Output, string OutputNorm,
    int HiddenSize, int InnerSize, Activation Activation, double NormEpsilon, double AttentionOutputDropout, double OutputDropout);

/// <summary>
/// What follows attention in BERT and its relatives, each residual sum normalised afterwards:
/// a = norm(x + dense(context)), then norm(a + output(activation(intermediate(a)))).
/// </summary>
internal sealed class PostNormBlock(WeightBinder binder, PostNormShape shape)
{
    private readonly AdaptableLinear _attentionOutput = binder.Linear(shape.AttentionOutput, shape.HiddenSize, shape.HiddenSize);
    private readonly LayerNorm _attentionNorm = binder.LayerNorm(shape.AttentionNorm, shape.HiddenSize, shape.NormEpsilon);
    private readonly AdaptableLinear _intermediate = binder.Linear(shape.Intermediate, shape.HiddenSize, shape.InnerSize);
    private readonly AdaptableLinear _output = binder.Linear(shape.Output, shape.InnerSize, shape.HiddenSize);
    private readonly LayerNorm _outputNorm = binder.LayerNorm(shape.OutputNorm, shape.HiddenSize, shape.NormEpsilon);

    /// <summary>From a layer's input and what attention made of it to the layer's output, all [batch, tokens, hidden]. A fresh tensor.</summary>
    public Tensor Forward(Tensor x, Tensor context, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var attended = _attentionNorm.Forward(mode.Dropout(_attentionOutput.Forward(context, mode), shape.AttentionOutputDropout).Plus(x));
        var inner = shape.Activation(_intermediate.Forward(attended, mode));
        var output = mode.Dropout(_output.Forward(inner, mode), shape.OutputDropout).Plus(attended);
        return _outputNorm.Forward(output).MoveToOuterDisposeScope();
    }
}
