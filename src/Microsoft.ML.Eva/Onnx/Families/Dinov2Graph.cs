using Microsoft.ML.Eva.Backbones.Dinov2;
using Microsoft.ML.Eva.Backbones.Vit;

namespace Microsoft.ML.Eva.Onnx.Families;

/// <summary>Nodes of DINOv2, with or without registers. Mirrors <see cref="Dinov2Backbone"/>, <see cref="Dinov2Layer"/> and <see cref="Dinov2FeedForward"/>.</summary>
internal static class Dinov2Graph
{
    private const string Registers = "embeddings.register_tokens";

    /// <summary>The last hidden state [batch, tokens, hidden] of pictures of one size.</summary>
    public static GraphValue Forward(GraphLayers layers, GraphValue pixels, PictureSize size, VisionTransformerConfig config)
    {
        var hidden = Embed(layers, pixels, size, config);
        for (var i = 0; i < config.LayerCount; i++)
        {
            var layer = layers.Scope($"encoder.layer.{i}");
            var attended = hidden + VitGraph.Attend(layer, layer.LayerNorm("norm1", hidden, config.Epsilon), config) * layer.Weight("layer_scale1.lambda1");
            hidden = attended + Feed(layer.Scope("mlp"), layer.LayerNorm("norm2", attended, config.Epsilon), config) * layer.Weight("layer_scale2.lambda1");
        }
        return layers.LayerNorm("layernorm", hidden, config.Epsilon);
    }

    private static GraphValue Embed(GraphLayers layers, GraphValue pixels, PictureSize size, VisionTransformerConfig config)
    {
        var x = VitGraph.Embed(layers, pixels, size, config, antialias: layers.Has(Registers));
        return layers.Has(Registers)
            ? layers.Graph.Concat(1, x.Narrow(1, 0, 1), VitGraph.PerPicture(layers, Registers, pixels), x.Narrow(1, 1)) // after CLS, without positions
            : x;
    }

    private static GraphValue Feed(GraphLayers mlp, GraphValue x, VisionTransformerConfig config)
    {
        if (!mlp.Has("weights_in.weight"))
            return mlp.Linear("fc2", mlp.Linear("fc1", x).Activate(config.Activation));
        var halves = mlp.Linear("weights_in", x).Chunk(2);
        return mlp.Linear("weights_out", GraphActivations.Silu(halves[0]) * halves[1]);
    }
}
