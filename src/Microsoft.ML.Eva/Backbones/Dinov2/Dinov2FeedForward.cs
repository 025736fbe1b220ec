using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Backbones.Vit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Eva.Backbones.Dinov2;

/// <summary>The feed-forward part: fc2(gelu(fc1(x))), or SwiGLU, weights_out(silu(gate)·value) with [gate; value] = weights_in(x).</summary>
internal sealed class Dinov2FeedForward
{
    private readonly AdaptableLinear _in;
    private readonly AdaptableLinear _out;
    private readonly Activation? _activation;

    /// <summary>Binds the two linear layers.</summary>
    public Dinov2FeedForward(VisionTransformerConfig config, ConfigReader settings, WeightBinder binder)
    {
        var inner = (long)(config.HiddenSize * settings.Number("mlp_ratio", 0.01, 1024, 4));
        if (settings.Flag("use_swiglu_ffn", false))
        {
            inner = ((inner * 2 / 3) + 7) / 8 * 8; // two thirds, as there are three matrices, rounded up to eights
            _in = binder.Linear("weights_in", config.HiddenSize, 2 * inner);
            _out = binder.Linear("weights_out", inner, config.HiddenSize);
            return;
        }
        _activation = config.Activation;
        _in = binder.Linear("fc1", config.HiddenSize, inner);
        _out = binder.Linear("fc2", inner, config.HiddenSize);
    }

    /// <summary>[batch, tokens, hidden] → the same. A fresh tensor.</summary>
    public Tensor Forward(Tensor x, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var inner = _in.Forward(x, mode);
        var activated = _activation is null ? Gate(inner) : _activation(inner);
        return _out.Forward(activated, mode).MoveToOuterDisposeScope();
    }

    private static Tensor Gate(Tensor inner)
    {
        var halves = inner.chunk(2, -1);
        return functional.silu(halves[0]) * halves[1];
    }
}
