using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Backbones.Vit;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Dinov2;

/// <summary>One encoder layer: x + λ₁·attention(norm(x)), then x + λ₂·feed-forward(norm(x)).</summary>
internal sealed class Dinov2Layer
{
    private readonly LayerNorm _norm1;
    private readonly VitAttention _attention;
    private readonly LayerScale _scale1;
    private readonly LayerNorm _norm2;
    private readonly Dinov2FeedForward _feedForward;
    private readonly LayerScale _scale2;
    private readonly double _dropPath;

    /// <summary>Binds the layer's parameters.</summary>
    public Dinov2Layer(VisionTransformerConfig config, ConfigReader settings, WeightBinder binder)
    {
        var hidden = config.HiddenSize;
        _norm1 = binder.LayerNorm("norm1", hidden, config.Epsilon);
        _attention = new VitAttention(config, binder.Scope("attention"));
        _scale1 = new LayerScale(binder.Bind("layer_scale1.lambda1", hidden));
        _norm2 = binder.LayerNorm("norm2", hidden, config.Epsilon);
        _feedForward = new Dinov2FeedForward(config, settings, binder.Scope("mlp"));
        _scale2 = new LayerScale(binder.Bind("layer_scale2.lambda1", hidden));
        _dropPath = settings.Dropout("drop_path_rate", 0);
    }

    /// <summary>[batch, tokens, hidden] → the same. A fresh tensor.</summary>
    public Tensor Forward(Tensor x, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var attended = x.Plus(DropPath(_scale1.Forward(_attention.Forward(_norm1.Forward(x), mode)), mode));
        var inner = _scale2.Forward(_feedForward.Forward(_norm2.Forward(attended), mode));
        return attended.Plus(DropPath(inner, mode)).MoveToOuterDisposeScope();
    }

    // Stochastic depth: a row loses the whole branch at once.
    private Tensor DropPath(Tensor branch, ForwardMode mode)
    {
        if (!mode.Drops(_dropPath))
            return branch;
        var rows = ones([branch.shape[0], 1, 1], branch.dtype, branch.device);
        return branch * mode.Dropout(rows, _dropPath);
    }
}
