using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Backbones.Vit;

namespace Microsoft.ML.Eva.Onnx.Families;

/// <summary>Nodes of ViT, and of what DINOv2 shares with it. Mirrors <see cref="VitBackbone"/>, <see cref="VitLayer"/> and <see cref="VitAttention"/>.</summary>
internal static class VitGraph
{
    /// <summary>The last hidden state [batch, tokens, hidden] of pictures of one size.</summary>
    public static GraphValue Forward(GraphLayers layers, GraphValue pixels, PictureSize size, VisionTransformerConfig config)
    {
        var hidden = Embed(layers, pixels, size, config, antialias: false);
        for (var i = 0; i < config.LayerCount; i++)
        {
            var layer = layers.Scope($"encoder.layer.{i}");
            var attended = hidden + Attend(layer, layer.LayerNorm("layernorm_before", hidden, config.Epsilon), config);
            var inner = layer.Linear("intermediate.dense", layer.LayerNorm("layernorm_after", attended, config.Epsilon)).Activate(config.Activation);
            hidden = attended + layer.Linear("output.dense", inner);
        }
        return layers.LayerNorm("layernorm", hidden, config.Epsilon);
    }

    /// <summary>CLS and the patches with their positions, which are resized beforehand to the grid of the pictures' size.</summary>
    public static GraphValue Embed(GraphLayers layers, GraphValue pixels, PictureSize size, VisionTransformerConfig config, bool antialias)
    {
        var (rows, columns) = (size.Height / config.PatchSize, size.Width / config.PatchSize);
        var tokens = layers.Convolution("embeddings.patch_embeddings.projection", pixels).Reshape(0, config.HiddenSize, -1).Permute(0, 2, 1);
        var positions = new PositionTable(layers.Of("embeddings.position_embeddings"), antialias).For(rows, columns);
        var x = layers.Graph.Concat(1, PerPicture(layers, "embeddings.cls_token", pixels), tokens);
        return x + layers.Computed("embeddings.position_embeddings", positions);
    }

    /// <summary>Tokens that are the same for every picture, [1, count, hidden] → [batch, count, hidden].</summary>
    public static GraphValue PerPicture(GraphLayers layers, string name, GraphValue pixels) =>
        layers.Weight(name).Expand(layers.Graph.Concat(0, pixels.Shape(0, 1), layers.Graph.Integers(1, 1)));

    /// <summary>Self-attention and its output projection.</summary>
    public static GraphValue Attend(GraphLayers layer, GraphValue x, VisionTransformerConfig config)
    {
        var attention = layer.Scope("attention");
        var context = GraphAttention.SelfAttend(
            attention, "attention.query", "attention.key", "attention.value", x, null, config.HeadCount, config.HiddenSize);
        return attention.Linear("output.dense", context);
    }
}
