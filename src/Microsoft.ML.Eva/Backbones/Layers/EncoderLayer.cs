using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Layers;

/// <summary>The sizes and rates of an <see cref="EncoderLayer"/>.</summary>
internal sealed record EncoderLayerShape(
    int HiddenSize, int InnerSize, int HeadCount, Activation Activation, double NormEpsilon, double HiddenDropout, double AttentionDropout);

/// <summary>
/// One layer of BERT, RoBERTa, XLM-R and ELECTRA, which share it down to the names:
/// a = norm(x + dense(attention(x))), then norm(a + output(activation(intermediate(a)))).
/// </summary>
internal sealed class EncoderLayer(WeightBinder binder, EncoderLayerShape shape)
{
    private readonly SelfAttention _attention = new(
        binder.Linear("attention.self.query", shape.HiddenSize, shape.HiddenSize),
        binder.Linear("attention.self.key", shape.HiddenSize, shape.HiddenSize),
        binder.Linear("attention.self.value", shape.HiddenSize, shape.HiddenSize),
        shape.HeadCount, shape.AttentionDropout);
    private readonly AdaptableLinear _attentionOutput = binder.Linear("attention.output.dense", shape.HiddenSize, shape.HiddenSize);
    private readonly LayerNorm _attentionNorm = binder.LayerNorm("attention.output.LayerNorm", shape.HiddenSize, shape.NormEpsilon);
    private readonly AdaptableLinear _intermediate = binder.Linear("intermediate.dense", shape.HiddenSize, shape.InnerSize);
    private readonly AdaptableLinear _output = binder.Linear("output.dense", shape.InnerSize, shape.HiddenSize);
    private readonly LayerNorm _outputNorm = binder.LayerNorm("output.LayerNorm", shape.HiddenSize, shape.NormEpsilon);

    /// <summary>[batch, tokens, hidden] → the same. <paramref name="mask"/> is added to the attention scores. A fresh tensor.</summary>
    public Tensor Forward(Tensor x, Tensor? mask, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var context = _attention.Forward(x, mask, mode);
        var attended = _attentionNorm.Forward(mode.Dropout(_attentionOutput.Forward(context, mode), shape.HiddenDropout) + x);
        var inner = shape.Activation(_intermediate.Forward(attended, mode));
        var output = mode.Dropout(_output.Forward(inner, mode), shape.HiddenDropout) + attended;
        return _outputNorm.Forward(output).MoveToOuterDisposeScope();
    }
}
